//! PHP: what a program does, how it ends, and what it cannot reach.

use tgsand::sandbox::{End, Language};

use super::{exited, hold, row};

#[test]
#[ignore = "compiles a module of 13 MB, which takes half a minute"]
fn php_programs_end_as_they_should() {
    let ok = || exited(0);
    hold(
        Language::Php,
        vec![
            row(
                "hello",
                "<?php\ndeclare(strict_types=1);\nnamespace App;\nfunction hello(string $of): string { return \"hello $of\"; }\necho hello('x'), ' ', json_encode([1, ['a' => null]]), PHP_EOL;",
                ok(),
                "hello x [1,{\"a\":null}]\n",
            ),
            row(
                "sum of stdin",
                "<?php echo array_sum(preg_split('/\\s+/', trim(stream_get_contents(STDIN)))), \"\\n\";",
                ok(),
                "42\n",
            )
            .reads("1 2 39"),
            row(
                "lines of stdin",
                "<?php while (($line = fgets(STDIN)) !== false) var_dump(rtrim($line)); var_dump(file_get_contents('php://stdin'));",
                ok(),
                "string(1) \"a\"\nstring(3) \"b c\"\nstring(0) \"\"\n",
            )
            .reads("a\nb c\n"),
            row(
                "another way to stdin",
                "<?php [$a, $b] = fscanf(fopen('php://stdin', 'r'), '%d %d'); echo $a + $b;",
                ok(),
                "3",
            )
            .reads("1 2\nx\n"),
            row(
                "a million steps",
                "<?php $s = 0; for ($i = 0; $i < 1000000; $i++) $s += $i; echo $s;",
                ok(),
                "499999500000",
            ),
            row("integers of 32 bits", "<?php var_dump(PHP_INT_MAX, PHP_INT_MAX + 1);", ok(), "int(2147483647)\nfloat(2147483648)\n"),
            row("memory bomb", "<?php $a = []; while (true) $a[] = str_repeat('x', 100000);", End::OutOfMemory, ""),
            row("endless loop", "<?php for (;;);", End::OutOfFuel, ""),
            row(
                "exception",
                "<?php\nfunction f() { throw new DomainException('bad'); }\nf();",
                exited(255),
                "",
            )
            .says("PHP Fatal error:  Uncaught DomainException: bad in /main.php:2\n"),
            row("a fatal error", "<?php echo 1;\nfunction f() {}\nfunction f() {}", exited(255), "")
                .says("PHP Fatal error:  Cannot redeclare f()"),
            row("a warning", "<?php echo $x, 'on';", ok(), "on").says("PHP Warning:  Undefined variable $x in /main.php on line 1"),
            row("an assertion", "<?php assert(1 === 2);", exited(255), "").says("AssertionError: assert(1 === 2)"),
            row("exit code", "<?php exit(200);", exited(200), ""),
            row("at the end", "<?php register_shutdown_function(fn() => print('bye')); exit(3);", exited(3), "bye"),
            row("syntax error", "<?php\necho 1;\n$x = ;", End::CompileError { exit_code: 1 }, "")
                .says("PHP Parse error:  syntax error, unexpected token \";\" in /main.php on line 3"),
            row("a syntax error at run time", "<?php eval('$');", exited(255), "").says("PHP Parse error"),
            row("stderr", "<?php fwrite(STDERR, \"one\\ntwo\"); file_put_contents('php://stdout', 'out');", ok(), "out").says("one\ntwo\n"),
            row("text outside of tags", "a\n<?= 1 + 1 ?>\nb\n", ok(), "a\n2b\n"),
            row("an empty program", "", ok(), ""),
            row(
                "200 KB of output",
                "<?php for ($i = 0; $i < 2000; $i++) echo str_repeat('x', 99), \"\\n\";",
                ok(),
                &format!("{}\n", "x".repeat(99)).repeat(2000),
            ),
            row("5000 calls deep", "<?php function f($n) { return $n ? 1 + f($n - 1) : 0; } echo f(5000);", ok(), "5000"),
            row("endless recursion", "<?php function f() { return f(); } f();", End::OutOfMemory, ""),
            row("a file that is not there", "<?php var_dump(file_get_contents('input.txt'));", ok(), "bool(false)\n").says("PHP Warning:  file_get_contents(input.txt): Failed to open stream"),
            row("network", "<?php var_dump(@stream_socket_client('tcp://127.0.0.1:80'));", ok(), "bool(false)\n"),
        ],
    );
}

#[test]
#[ignore = "compiles a module of 13 MB, which takes half a minute"]
fn php_reaches_nothing_outside() {
    let ok = || exited(0);
    hold(
        Language::Php,
        vec![
            row(
                "files",
                "<?php var_dump(file_exists('/etc/passwd'), @file_get_contents('/etc/passwd'), @file('file:///etc/passwd'), is_dir('/'));",
                ok(),
                &"bool(false)\n".repeat(4),
            ),
            row(
                "files without the prelude",
                "<?php stream_wrapper_restore('file'); stream_wrapper_restore('php'); var_dump(@file_get_contents('/etc/passwd'), @scandir('/'), file_exists('/main.php'));",
                ok(),
                &"bool(false)\n".repeat(3),
            ),
            row(
                "writing",
                "<?php var_dump(@file_put_contents('/tmp/out', 'x'), @tempnam('/tmp', 'x'));",
                ok(),
                "bool(false)\nbool(false)\n",
            ),
            row(
                "folders",
                "<?php var_dump(@scandir('/'), glob('/*'), @opendir('.'));",
                ok(),
                "bool(false)\narray(0) {\n}\nbool(false)\n",
            ),
            row(
                "environment",
                "<?php var_dump(array_diff(array_keys(getenv()), ['TGSAND_PROGRAM', 'TGSAND_STDIN', 'TGSAND_ARGUMENTS']), getenv('HOME'));",
                ok(),
                "array(0) {\n}\nbool(false)\n",
            ),
            row(
                "commands",
                "<?php var_dump(@shell_exec('ls'), @popen('ls', 'r'), function_exists('proc_open'), function_exists('pcntl_fork'));",
                ok(),
                "bool(false)\nbool(false)\nbool(false)\nbool(false)\n",
            ),
            row(
                "sockets",
                "<?php var_dump(@fsockopen('127.0.0.1', 80), @file_get_contents('http://127.0.0.1/'), function_exists('socket_create'), function_exists('curl_init'));",
                ok(),
                &"bool(false)\n".repeat(4),
            ),
            row(
                "clock",
                "<?php echo date('Y-m-d H:i'), ' ', date_default_timezone_get();",
                ok(),
                "2026-01-01 00:00 UTC",
            ),
            row(
                "a sleep is short",
                "<?php $before = microtime(true); usleep(1000); echo microtime(true) - $before < 0.1 ? 'short' : 'long';",
                ok(),
                "short",
            ),
            row(
                "databases",
                "<?php try { new PDO('sqlite:/tmp/x.db'); echo 'open'; } catch (PDOException $e) { echo 'no'; }",
                ok(),
                "no",
            ),
            row(
                "extensions",
                "<?php var_dump(function_exists('dl') && @dl('x.so'));",
                ok(),
                "bool(false)\n",
            ),
            row(
                "state of another instance",
                "<?php echo $GLOBALS['left'] ?? 'none'; $GLOBALS['left'] = 1; @session_start(); @session_write_close();",
                ok(),
                "none",
            ),
        ],
    );
}
