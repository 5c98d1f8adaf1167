//! Go: what a program does, how it ends, and what it cannot reach.

use std::sync::OnceLock;

use tgsand::sandbox::{End, Language};

use super::{exited, hold, row};

#[test]
#[ignore = "builds Go's compiler and compiles it, which takes two minutes"]
fn go_programs_end_as_they_should() {
    let ok = || exited(0);
    let is_refused = || End::CompileError { exit_code: 1 };
    hold(
        Language::Go,
        vec![
            row("hello", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\", 1.5, []int{1, 2}, map[string]int{\"b\": 2, \"a\": 1}) }", ok(), "hello 1.5 [1 2] map[a:1 b:2]\n"),
            row("sum of stdin", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\ts, x := 0, 0\n\tfor {\n\t\tif _, err := fmt.Scan(&x); err != nil {\n\t\t\tbreak\n\t\t}\n\t\ts += x\n\t}\n\tfmt.Println(s)\n}", ok(), "42\n").reads("1 2 39"),
            row("lines of stdin", "package main\n\nimport (\n\t\"bufio\"\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\tfor lines := bufio.NewScanner(os.Stdin); lines.Scan(); {\n\t\tfmt.Printf(\"[%s]\", lines.Text())\n\t}\n}", ok(), "[a][b c]").reads("a\nb c\n"),
            row("a million steps", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\ts := 0\n\tfor i := range 1000000 {\n\t\ts += i\n\t}\n\tfmt.Print(s)\n}", ok(), "499999500000"),
            row("memory bomb", "package main\n\nfunc main() {\n\tvar all [][]byte\n\tfor {\n\t\tall = append(all, make([]byte, 1<<20))\n\t}\n}", End::OutOfMemory, "").says("fatal error: out of memory"),
            row("much memory from the beginning", "package main\n\nvar all [60 << 20]byte\n\nfunc main() { all[5] = 1; print(all[7]) }", ok(), "").says("0"),
            row("more memory than there is", "package main\n\nvar all [1 << 33]byte\n\nfunc main() { all[5] = 1 }", is_refused(), "").says("main.all: symbol too large"),
            row("endless loop", "package main\n\nfunc main() {\n\tfor {\n\t}\n}", End::OutOfFuel, ""),
            row("waiting for nothing", "package main\n\nfunc main() { <-make(chan int) }", exited(2), "").says("all goroutines are asleep - deadlock!"),
            row("goroutines", "package main\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n)\n\nfunc main() {\n\tvar all sync.WaitGroup\n\tfound := make(chan int, 10)\n\tfor i := range 10 {\n\t\tall.Go(func() { found <- i * i })\n\t}\n\tall.Wait()\n\tclose(found)\n\ts := 0\n\tfor x := range found {\n\t\ts += x\n\t}\n\tfmt.Print(s)\n}", ok(), "285"),
            row("a panic", "package main\n\nfunc f(a []int) int { return a[5] }\n\nfunc main() { f(nil) }", exited(2), "").says("panic: runtime error: index out of range [5] with length 0\n\ngoroutine 1 [running]:\nmain.f(...)\n\tmain.go:3\nmain.main()\n\tmain.go:5"),
            row("division by zero", "package main\n\nfunc main() { zero := 0; println(1 / zero) }", exited(2), "").says("integer divide by zero"),
            row("a nil pointer", "package main\n\nfunc main() { var p *[9]int; println(p[2]) }", exited(2), "").says("nil pointer dereference"),
            row("a panic that is caught", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tdefer func() { fmt.Print(recover()) }()\n\tpanic(\"bad\")\n}", ok(), "bad"),
            row("exit code", "package main\n\nimport \"os\"\n\nfunc main() { print(\"a\"); os.Exit(200) }", exited(200), "").says("a"),
            row("syntax error", "package main\n\nfunc main() {\n\tx := \n}", is_refused(), "").says("main.go:5:1: syntax error: unexpected }, expected expression"),
            row("a variable that is not used", "package main\n\nfunc main() { x := 1 }", is_refused(), "").says("main.go:3:15: declared and not used: x"),
            row("no main", "package main\n\nfunc f() {}", is_refused(), "").says("function main is undeclared in the main package"),
            row("200 KB of output", "package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\nfunc main() {\n\tfor range 2000 {\n\t\tfmt.Println(strings.Repeat(\"x\", 99))\n\t}\n}", ok(), &format!("{}\n", "x".repeat(99)).repeat(2000)),
            row("100000 calls deep", "package main\n\nimport \"fmt\"\n\nfunc f(n int) int {\n\tif n == 0 {\n\t\treturn 0\n\t}\n\treturn 1 + f(n-1)\n}\n\nfunc main() { fmt.Print(f(100000)) }", ok(), "100000"),
            row("a file that is not there", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\tif _, err := os.ReadFile(\"input.txt\"); err != nil {\n\t\tfmt.Fprintln(os.Stderr, err)\n\t\tos.Exit(1)\n\t}\n}", exited(1), "").says("open input.txt: "),
            row("network", "package main\n\nimport (\n\t\"fmt\"\n\t\"net\"\n)\n\nfunc main() { _, err := net.Dial(\"tcp\", \"127.0.0.1:80\"); fmt.Print(err != nil) }", ok(), "true"),
            row("test functions", "package main\n\nimport \"testing\"\n\nfunc add(a, b int) int { return a + b }\n\nfunc TestAdd(t *testing.T) {\n\tif add(1, 2) != 3 {\n\t\tt.Fatal(\"wrong\")\n\t}\n}\n\nfunc TestMore(t *testing.T) {\n\tt.Run(\"negative\", func(t *testing.T) { t.Errorf(\"got %d\", add(1, -2)) })\n}", exited(1), "--- FAIL: TestMore (0.00s)\n    --- FAIL: TestMore/negative (0.00s)\n        main.go:14: got -1\nFAIL\n"),
            row("test functions that hold", "package main\n\nimport \"testing\"\n\nfunc TestNothing(t *testing.T) {}", ok(), "PASS\n"),
            row("a package that is not there", "package main\n\nimport \"github.com/stretchr/testify/assert\"\n\nfunc main() { assert.True(nil, true) }", is_refused(), "").says("main.go:3:8: could not import github.com/stretchr/testify/assert"),
            row("a bomb for the compiler", large(), is_refused(), "").says("the compiler ended: "),
        ],
    );
}

/// A program that takes more of the compiler's fuel than it has.
fn large() -> &'static str {
    static LARGE: OnceLock<String> = OnceLock::new();
    LARGE.get_or_init(|| {
        let steps = "x = x*3 + 1; if x > 5 { x-- }\n".repeat(100_000);
        format!("package main\n\nfunc main() {{\nx := 1\n{steps}println(x)\n}}")
    })
}

#[test]
#[ignore = "builds Go's compiler and compiles it, which takes two minutes"]
fn go_reaches_nothing_outside() {
    let ok = || exited(0);
    let is_refused = || End::CompileError { exit_code: 1 };
    hold(
        Language::Go,
        vec![
            row("files", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\tfor _, path := range []string{\"/etc/passwd\", \"/go/packages.cfg\", \"/work/main.go\", \"main.go\"} {\n\t\t_, err := os.ReadFile(path)\n\t\tfmt.Print(err != nil, \" \")\n\t}\n}", ok(), "true true true true "),
            row("writing", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { fmt.Print(os.WriteFile(\"/tmp/out\", nil, 0o600) != nil, os.Mkdir(\"/a\", 0o700) != nil) }", ok(), "true true"),
            row("folders", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\t_, err := os.ReadDir(\"/\")\n\t_, other := os.ReadDir(\".\")\n\tfmt.Print(err != nil, other != nil)\n}", ok(), "true true"),
            row("environment", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { fmt.Print(os.Environ(), os.Args) }", ok(), "[] [main]"),
            row("commands", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"os/exec\"\n)\n\nfunc main() {\n\t_, err := os.StartProcess(\"/bin/ls\", nil, &os.ProcAttr{})\n\tfmt.Print(err, exec.Command(\"/bin/ls\").Run() != nil)\n}", ok(), "fork/exec /bin/ls: Not implemented on wasip1 true"),
            row("clock", "package main\n\nimport (\n\t\"fmt\"\n\t\"time\"\n)\n\nfunc main() { fmt.Print(time.Now().UTC().Format(time.DateTime)) }", ok(), "2026-01-01 00:00:00"),
            row("a sleep takes no time", "package main\n\nimport (\n\t\"fmt\"\n\t\"time\"\n)\n\nfunc main() { before := time.Now(); time.Sleep(100 * time.Second); fmt.Print(time.Since(before).Round(time.Second)) }", ok(), "1m40s"),
            row("descriptors", "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {\n\tfor i := range uintptr(17) {\n\t\tif _, err := os.NewFile(3+i, \"x\").Read(make([]byte, 1)); err == nil {\n\t\t\tfmt.Print(i)\n\t\t}\n\t}\n}", ok(), ""),
            row("a web page", "package main\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n)\n\nfunc main() { _, err := http.Get(\"http://127.0.0.1/\"); fmt.Print(err != nil) }", ok(), "true"),
            row("functions of the host by name", "package main\n\n//go:wasmimport host f\nfunc f() int32\n\nfunc main() { println(f()) }", is_refused(), "").says("the program cannot be run"),
            row("WASI by name", "package main\n\nimport \"unsafe\"\n\n//go:wasmimport wasi_snapshot_preview1 path_open\nfunc open(fd, flags int32, path unsafe.Pointer, length, o int32, r, i uint64, ff int32, out unsafe.Pointer) int32\n\nfunc main() {\n\tvar out int32 = -1\n\tpath, opened := []byte(\"etc\"), 0\n\tfor i := range int32(9) {\n\t\tif open(i, 0, unsafe.Pointer(&path[0]), 3, 0, 1, 1, 0, unsafe.Pointer(&out)) == 0 {\n\t\t\topened++\n\t\t}\n\t}\n\tprint(opened, out)\n}", ok(), "").says("0-1"),
            row("memory that is not there", "package main\n\nimport \"unsafe\"\n\nfunc main() { p := (*byte)(unsafe.Pointer(uintptr(0xf0000000))); println(*p) }", End::Trapped { trap: "wasm trap: out of bounds memory access".into() }, ""),
            row("files of the compiler", "package main\n\nimport _ \"embed\"\n\n//go:embed /etc/passwd\nvar text string\n\nfunc main() { print(text) }", is_refused(), "").says("invalid go:embed"),
            row("C", "package main\n\nimport \"C\"\n\nfunc main() {}", is_refused(), "").says("could not import C"),
            row("files by the name of a package", "package main\n\nimport \"../../etc\"\n\nfunc main() { etc.F() }", is_refused(), "").says("main.go:3:8: "),
            row("the names of the compiler's files", "package main\n\n//line /etc/passwd:1\nfunc main() { x }", is_refused(), "").says("/etc/passwd:1:"),
            row("the line of the end", "package main\n\nimport _ \"unsafe\"\n\n//go:linkname end runtime.tgsandEnd\nvar end string\n\nfunc main() { println(end) }", is_refused(), "").says("invalid reference to runtime.tgsandEnd"),
            row("state of another instance", "package main\n\nvar left int\n\nfunc main() { print(left); left++ }", ok(), "").says("0"),
        ],
    );
}
