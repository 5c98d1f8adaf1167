//! C: what a program does, how it ends, and what it cannot reach.

use std::sync::OnceLock;

use tgsand::sandbox::{End, Language};

use super::{exited, hold, row};

#[test]
#[ignore = "compiles a module of 75 MB, which takes three minutes"]
fn c_programs_end_as_they_should() {
    let ok = || exited(0);
    let trapped = |what: &str| End::Trapped { trap: format!("wasm trap: {what}") };
    hold(
        Language::C,
        vec![
            row("hello", "#include <stdio.h>\nint main(void) { printf(\"hello %s %.2f %ld\\n\", \"x\", 1.5, 1L << 20); }", ok(), "hello x 1.50 1048576\n"),
            row("sum of stdin", "#include <stdio.h>\nint main() { int s = 0, x; while (scanf(\"%d\", &x) == 1) s += x; printf(\"%d\\n\", s); return 0; }", ok(), "42\n").reads("1 2 39"),
            row("lines of stdin", "#include <stdio.h>\n#include <string.h>\nint main() { char line[80]; while (fgets(line, 80, stdin)) printf(\"%zu \", strlen(line)); }", ok(), "2 4 ").reads("a\nb c\n"),
            row("a million steps", "#include <stdio.h>\nint main() { volatile long long s = 0; for (int i = 0; i < 1000000; i++) s += i; printf(\"%lld\", s); }", ok(), "499999500000"),
            row("memory bomb", "#include <stdlib.h>\n#include <string.h>\nint main() { for (;;) { volatile char *p = malloc(1 << 20); if (!p) abort(); p[5] = 1; } }", End::OutOfMemory, ""),
            row("more memory than the compiler takes", "static volatile char all[300 << 20]; int main(int n, char **v) { all[n] = 1; return all[n + 5]; }", End::CompileError { exit_code: 1 }, "").says("the compiler ended: "),
            row("much memory from the beginning", "static volatile char all[60 << 20]; int main(int n, char **v) { all[n] = 1; return all[n + 5]; }", ok(), ""),
            row("endless loop", "int main() { volatile int x = 0; for (;;) x++; }", End::OutOfFuel, ""),
            row("exit code", "#include <stdlib.h>\n#include <stdio.h>\nint main() { printf(\"a\"); exit(200); }", exited(200), "a"),
            row("returned", "int main() { return 7; }", exited(7), ""),
            row("an assertion", "#include <assert.h>\nint main() { assert(1 + 1 == 3); }", exited(134), "").says("Assertion failed: 1 + 1 == 3 (main.c: main: 2)"),
            row("division by zero", "int main() { volatile int zero = 0; return 7 / zero; }", trapped("integer divide by zero"), ""),
            row("a null pointer far away", "int main() { volatile char *p = (char *)0xf0000000; return *p; }", trapped("out of bounds memory access"), ""),
            row("syntax error", "int main() {\n  int x = ;\n}", End::CompileError { exit_code: 1 }, "").says("main.c:2:11: error: expected expression"),
            row("a function that is not there", "int f(void); int main() { return f(); }", End::CompileError { exit_code: 1 }, "").says("undefined symbol: f"),
            row("no main", "int f() { return 1; }", End::CompileError { exit_code: 1 }, "").says("main.c: error: the program has no `int main`"),
            row("a main without a result", "void main() {}", End::CompileError { exit_code: 1 }, "").says("main.c: error: the program has no `int main`"),
            row("200 KB of output", "#include <stdio.h>\nint main() { for (int i = 0; i < 2000; i++) { for (int j = 0; j < 99; j++) putchar('x'); putchar('\\n'); } }", ok(), &format!("{}\n", "x".repeat(99)).repeat(2000)),
            row("100000 calls deep", "#include <stdio.h>\nint f(volatile int n) { return n ? 1 + f(n - 1) : 0; } int main() { printf(\"%d\", f(100000)); }", ok(), "100000"),
            row("endless recursion", "int f(volatile int *p) { volatile int x = *p + 1; return f(&x) + x; } int main() { volatile int x = 0; return f(&x); }", trapped("out of bounds memory access"), ""),
            row("a file that is not there", "#include <stdio.h>\nint main() { FILE *f = fopen(\"input.txt\", \"r\"); if (!f) { perror(\"input.txt\"); return 1; } }", exited(1), "").says("input.txt: No such file or directory"),
            row("network", "#include <sys/socket.h>\n#include <stdio.h>\nint main() { printf(\"%d\", socket(AF_INET, SOCK_STREAM, 0)); }", End::CompileError { exit_code: 1 }, "").says("socket"),
            row("jumps and signals", "#include <setjmp.h>\n#include <signal.h>\n#include <stdio.h>\njmp_buf b; void on(int s) { longjmp(b, s); }\nint main() { int s = setjmp(b); if (!s) { signal(SIGTERM, on); raise(SIGTERM); } printf(\"%d\", s); }", ok(), "15"),
            row("a bomb for the compiler", "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(x))))\nint main() { int y = 0; B(B(y++;)) }", End::CompileError { exit_code: 1 }, "").says("the compiler ended: "),
            row("nested too deeply for the compiler", deep_c(), End::CompileError { exit_code: 1 }, "").says("the compiler ended: "),
        ],
    );
}

/// A program whose brackets take more of the compiler's stack than it has.
fn deep_c() -> &'static str {
    static DEEP: OnceLock<String> = OnceLock::new();
    DEEP.get_or_init(|| format!("int main() {{ return {}", "(".repeat(1_000_000)))
}

#[test]
#[ignore = "compiles a module of 75 MB, which takes three minutes"]
fn c_reaches_nothing_outside() {
    let ok = || exited(0);
    let is_refused = || End::CompileError { exit_code: 1 };
    hold(
        Language::C,
        vec![
            row("files", "#include <stdio.h>\n#include <unistd.h>\nint main() { printf(\"%d%d%d\", !!fopen(\"/etc/passwd\", \"r\"), !access(\"/usr\", F_OK), !access(\"/work/main.o\", F_OK)); }", ok(), "000"),
            row("writing", "#include <stdio.h>\n#include <sys/stat.h>\nint main() { printf(\"%d%d\", !!fopen(\"/tmp/out\", \"w\"), !mkdir(\"/tmp/a\", 0777)); }", ok(), "00"),
            row("folders", "#include <stdio.h>\n#include <dirent.h>\nint main() { printf(\"%d%d\", !!opendir(\"/\"), !!opendir(\".\")); }", ok(), "00"),
            row("environment", "#include <stdio.h>\n#include <stdlib.h>\nextern char **environ;\nint main() { printf(\"%d%d\", !!getenv(\"HOME\"), environ && *environ); }", ok(), "00"),
            row("processes", "#include <unistd.h>\nint main() { return fork(); }", is_refused(), "").says("fork"),
            row("commands", "#include <stdlib.h>\nint main() { return system(\"ls\"); }", is_refused(), "").says("system"),
            row("clock", "#include <stdio.h>\n#include <time.h>\nint main() { time_t t = time(0); char s[20]; strftime(s, 20, \"%F %H:%M\", gmtime(&t)); printf(\"%s\", s); }", ok(), "2026-01-01 00:00"),
            row("a sleep takes no time", "#include <stdio.h>\n#include <time.h>\n#include <unistd.h>\nint main() { time_t t = time(0); sleep(100); printf(\"%d\", (int)(time(0) - t)); }", ok(), "100"),
            row("descriptors", "#include <stdio.h>\n#include <unistd.h>\nint main() { char c; for (int i = 3; i < 20; i++) if (read(i, &c, 1) >= 0) printf(\"%d\", i); }", ok(), ""),
            row("functions of the host by name", "__attribute__((import_module(\"host\"), import_name(\"f\"))) int f(void); int main() { return f(); }", is_refused(), "").says("the program cannot be run"),
            row("WASI by name", "__attribute__((import_module(\"wasi_snapshot_preview1\"), import_name(\"path_open\"))) int f(int, int, const char *, int, int, long long, long long, int, int *);\n#include <stdio.h>\nint main() { int fd = -1; int e = 0; for (int i = 0; i < 9; i++) e += !f(i, 0, \"etc\", 3, 0, 1, 1, 0, &fd); printf(\"%d %d\", e, fd); }", ok(), "0 -1"),
            row("files of the compiler", "const char *s =\n#include \"/etc/passwd\"\n;int main() {}", is_refused(), "").says("'/etc/passwd' file not found"),
            row("files beside the compiler's", "#include \"/usr/../../../etc/passwd\"\nint main() {}", is_refused(), "").says("cannot open file"),
            row("the line of the end", "#include <stdio.h>\nextern const char tgsand_end[] __attribute__((weak)); int main() { printf(\"%d\", tgsand_end != 0); }", ok(), "0"),
            row("state of another instance", "#include <stdio.h>\nstatic int left; int main() { printf(\"%d\", left++); }", ok(), "0"),
        ],
    );
}
