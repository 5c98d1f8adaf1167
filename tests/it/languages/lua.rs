//! Lua: what a program does, how it ends, and what it cannot reach.

use tgsand::sandbox::{End, Language};

use super::{exited, hold, row};

#[test]
#[ignore = "compiles a module of 75 MB, the compiler of C, which takes three minutes"]
fn lua_programs_end_as_they_should() {
    let ok = || exited(0);
    let is_refused = || End::CompileError { exit_code: 1 };
    hold(
        Language::Lua,
        vec![
            row("hello", "print('hello', 1.5, 7 // 2, 2 ^ 10, #arg, arg[0])", ok(), "hello\t1.5\t3\t1024.0\t0\tmain.lua\n"),
            row("sum of stdin", "local s = 0 for x in io.read('a'):gmatch('%d+') do s = s + x end print(s)", ok(), "42\n").reads("1 2 39"),
            row("lines of stdin", "for line in io.lines() do io.write('[', line, ']') end", ok(), "[a][b c]").reads("a\nb c\n"),
            row("a million steps", "local s = 0 for i = 0, 999999 do s = s + i end print(s)", ok(), "499999500000\n"),
            row("memory bomb", "local all = {} for i = 1, math.huge do all[i] = string.rep('x', 1000000) .. i end", End::OutOfMemory, "").says("not enough memory"),
            row("endless loop", "while true do end", End::OutOfFuel, ""),
            row("an error", "local function f() error('bad') end\nf()", exited(1), "").says("lua: main.lua:1: bad\nstack traceback:\n"),
            row("an error that is a table", "error(setmetatable({}, {__tostring = function() return 'mine' end}))", exited(1), "").says("lua: mine\n"),
            row("an error that is caught", "print(pcall(error, {code = 7}), select(2, pcall(function() local x = nil; x.y = 1 end)))", ok(), "false\tmain.lua:1: attempt to index a nil value (local 'x')\n"),
            row("an assertion", "assert(1 + 1 == 3, 'wrong')", exited(1), "").says("lua: main.lua:1: wrong\n"),
            row("exit code", "io.write('a') os.exit(200)", exited(200), "a"),
            row("exit with false", "os.exit(false)", exited(1), ""),
            row("syntax error", "print(1)\nlocal x = = 2", is_refused(), "").says("lua: main.lua:2: unexpected symbol near '='"),
            row("a syntax error at run time", "assert(load('x = = 1'))", exited(1), "").says("unexpected symbol"),
            row("a first line for a shell", "#!/usr/bin/lua\nerror('x')", exited(1), "").says("lua: main.lua:2: x"),
            row("200 KB of output", "for i = 1, 2000 do print(string.rep('x', 99)) end", ok(), &format!("{}\n", "x".repeat(99)).repeat(2000)),
            row("100000 calls deep", "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end print(f(100000))", ok(), "100000\n"),
            row("endless recursion", "local function f(n) return 1 + f(n) end f(1)", exited(1), "").says("stack overflow"),
            row("endless recursion through C", "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k .. 'x'] end print(t.a)", exited(1), "").says("C stack overflow"),
            row("coroutines and closing", "local c = coroutine.wrap(function(a) local t <close> = setmetatable({}, {__close = function() print('closed') end}) local b = coroutine.yield(a + 1) return b end) print(c(1), c('end'))", ok(), "closed\n2\tend\n"),
            row("numbers and texts", "print(math.type(3), 10 / 2, 1 << 62, ('%5.2f|%d'):format(3.14159, 42), ('abc'):rep(2, '-'), utf8.char(228), math.maxinteger + 1 == math.mininteger)", ok(), "integer\t5.0\t4611686018427387904\t 3.14|42\tabc-abc\tä\ttrue\n"),
            row("a file that is not there", "assert(io.open('input.txt'))", exited(1), "").says("input.txt: No such file or directory"),
            row("network", "print(pcall(require, 'socket'))", ok(), NO_SOCKET),
        ],
    );
}

const NO_SOCKET: &str = "false\tmodule 'socket' not found:\n\tno field package.preload['socket']\n\tno file '/usr/local/share/lua/5.4/socket.lua'\n\tno file '/usr/local/share/lua/5.4/socket/init.lua'\n\tno file '/usr/local/lib/lua/5.4/socket.lua'\n\tno file '/usr/local/lib/lua/5.4/socket/init.lua'\n\tno file './socket.lua'\n\tno file './socket/init.lua'\n\tno file '/usr/local/lib/lua/5.4/socket.so'\n\tno file '/usr/local/lib/lua/5.4/loadall.so'\n\tno file './socket.so'\n";

#[test]
#[ignore = "compiles a module of 75 MB, the compiler of C, which takes three minutes"]
fn lua_reaches_nothing_outside() {
    let ok = || exited(0);
    hold(
        Language::Lua,
        vec![
            row(
                "files",
                "print(io.open('/etc/passwd'), loadfile('/etc/passwd'), (pcall(dofile, '/etc/passwd')), (pcall(io.lines, '/proc/self/maps')))",
                ok(),
                "nil\tnil\tfalse\tfalse\n",
            ),
            row(
                "writing",
                "print(io.open('/tmp/out', 'w'), os.remove('/etc/passwd'), os.rename('/a', '/b'))",
                ok(),
                "nil\tnil\tnil\tNo such file or directory\t44\n",
            ),
            row("environment", "print(os.getenv('HOME'), os.getenv('PATH'))", ok(), "nil\tnil\n"),
            row(
                "commands",
                "print(os.execute(), os.execute('ls')) print(pcall(io.popen, 'ls'))",
                ok(),
                "false\tnil\tNot supported\t58\nfalse\t'popen' not supported\n",
            ),
            row(
                "temporary files",
                "print(io.tmpfile()) print(pcall(os.tmpname))",
                ok(),
                "nil\tNot supported\t58\nfalse\tunable to generate a unique filename\n",
            ),
            row(
                "native libraries",
                "print(package.loadlib('/lib/libc.so', '*'))",
                ok(),
                "nil\tdynamic libraries not enabled; check your Lua installation\tabsent\n",
            ),
            row(
                "clock",
                "print(os.date('!%Y-%m-%d %H:%M'), os.time() // 86400, os.clock() < 1)",
                ok(),
                "2026-01-01 00:00\t20454\ttrue\n",
            ),
            row(
                "random numbers",
                "print(math.random(1000000) ~= math.random(1000000))",
                ok(),
                "true\n",
            ),
            row(
                "a binary chunk",
                "print(load('\\27Lua\\84\\0\\25\\147\\r\\n\\26\\n' .. ('\\255'):rep(100), 'x', 'b'))",
                ok(),
                "nil\tx: bad binary format (Instruction size mismatch)\n",
            ),
            row(
                "a binary chunk in place of a program",
                "\u{1b}Lua",
                End::CompileError { exit_code: 1 },
                "",
            )
            .says("attempt to load a binary chunk"),
            row(
                "the debugger",
                "print(debug.getregistry() ~= nil, (pcall(debug.setuservalue, io.stdout, 1, 1)))",
                ok(),
                "true\ttrue\n",
            ),
            row(
                "the line of the end",
                "for name in pairs(_G) do if name:find('tgsand') then print(name) end end print(arg[1], arg[-1])",
                ok(),
                "nil\tnil\n",
            ),
            row("state of another instance", "print(left) left = 1", ok(), "nil\n"),
        ],
    );
}
