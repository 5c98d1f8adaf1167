//! C++: what a program does, how it ends, and what it cannot reach.

use tgsand::sandbox::{End, Language};

use super::{exited, hold, row};

#[test]
#[ignore = "compiles a module of 75 MB, which takes three minutes, and headers"]
fn cpp_programs_end_as_they_should() {
    let ok = || exited(0);
    hold(
        Language::Cpp,
        vec![
            row("hello", "#include <bits/stdc++.h>\nusing namespace std;\nint main() { map<string, vector<int>> m{{\"a\", {3, 1, 2}}}; auto &v = m[\"a\"]; ranges::sort(v); for (auto [k, w] : m) cout << \"hello \" << k << w[0] << format(\" {:>3}\", w.size()) << endl; }", ok(), "hello a1   3\n"),
            row("sum of stdin", "#include <iostream>\nint main() { int s = 0, x; while (std::cin >> x) s += x; std::cout << s << '\\n'; }", ok(), "42\n").reads("1 2 39"),
            row("lines of stdin", "#include <iostream>\n#include <string>\nint main() { std::string line; while (std::getline(std::cin, line)) std::cout << '[' << line << ']'; }", ok(), "[a][b c]").reads("a\nb c\n"),
            row("a million steps", "#include <cstdio>\nint main() { volatile long long s = 0; for (int i = 0; i < 1000000; i++) s = s + i; printf(\"%lld\", s); }", ok(), "499999500000"),
            row("memory bomb", "#include <vector>\nint main() { std::vector<std::vector<int>> a; for (;;) a.emplace_back(100000, 1); }", End::OutOfMemory, "").says("bad_alloc"),
            row("endless loop", "int main() { volatile int x = 0; for (;;) x = x + 1; }", End::OutOfFuel, ""),
            row("what would throw", "#include <vector>\nint main() { std::vector<int> v; return v.at(3); }", exited(134), "").says("libc++abi: terminating due to uncaught exception of type std::out_of_range: vector"),
            row("an exception that nothing catches", "struct A {}; int main() { throw A(); }", exited(134), "").says("libc++abi: terminating due to uncaught exception of type A"),
            row("an exception where there may be none", "void f() noexcept { throw 1; } int main() { try { f(); } catch (...) {} }", exited(134), "").says("libc++abi: terminating"),
            row("exceptions", "#include <iostream>\n#include <stdexcept>\nstruct Mine : std::runtime_error { int code; explicit Mine(int c) : runtime_error(\"mine\"), code(c) {} };\nstruct Guard { ~Guard() { std::cout << '~'; } };\nint f(int n) { Guard g; if (n == 0) throw Mine(7); return f(n - 1); }\nint main() {\n  try { f(2); } catch (const std::exception &e) { std::cout << e.what() << dynamic_cast<const Mine &>(e).code << ' '; }\n  try { try { throw 2; } catch (int) { throw; } } catch (long) {} catch (int n) { std::cout << n << ' '; }\n  auto p = std::make_exception_ptr(3);\n  try { std::rethrow_exception(p); } catch (...) { std::cout << \"any \"; }\n  std::cout << std::uncaught_exceptions();\n}", ok(), "~~~mine7 2 any 0"),
            row("exceptions of the library", "#include <any>\n#include <functional>\n#include <iostream>\n#include <map>\n#include <memory>\n#include <optional>\n#include <regex>\n#include <variant>\n#include <vector>\ntemplate <class E> void expect(auto f) { try { f(); std::cout << '-'; } catch (const E &e) { std::cout << '+'; } }\nint main() {\n  expect<std::out_of_range>([] { (void)std::vector<int>().at(1); });\n  expect<std::out_of_range>([] { (void)std::map<int, int>().at(1); });\n  expect<std::out_of_range>([] { (void)std::string(\"abc\").substr(9); });\n  expect<std::invalid_argument>([] { (void)std::stoi(\"x\"); });\n  expect<std::out_of_range>([] { (void)std::stoi(\"99999999999\"); });\n  expect<std::bad_alloc>([] { volatile std::size_t n = 1u << 30; char *volatile p = new char[n]; delete[] p; });\n  expect<std::bad_function_call>([] { std::function<void()>()(); });\n  expect<std::bad_any_cast>([] { (void)std::any_cast<int>(std::any(1.5)); });\n  expect<std::bad_variant_access>([] { (void)std::get<int>(std::variant<int, char>('a')); });\n  expect<std::bad_optional_access>([] { (void)std::optional<int>().value(); });\n  expect<std::bad_weak_ptr>([] { std::shared_ptr<int> p{std::weak_ptr<int>()}; });\n  expect<std::regex_error>([] { std::regex r(\"((\"); });\n  expect<std::ios_base::failure>([] { std::cin.exceptions(std::ios::failbit); int x; std::cin >> x; });\n}", ok(), "+++++++++++++"),
            row("a million exceptions", "#include <cstdio>\nint f(int i) { if (i % 2) throw i; return i; }\nint main() { int s = 0; for (int i = 0; i < 2000000; i++) try { s += f(i) % 7; } catch (int n) { s -= n % 7; } printf(\"%d\", s); }", ok(), "-1"),
            row("an assertion", "#include <cassert>\nint main() { assert(1 + 1 == 3); }", exited(134), "").says("Assertion failed: 1 + 1 == 3"),
            row("exit code", "#include <cstdlib>\nint main() { std::exit(200); }", exited(200), ""),
            row("destructors and statics", "#include <iostream>\nstruct A { const char *n; ~A() { std::cout << n; } };\nA &a() { static A one{\"static \"}; return one; }\nint main() { a(); A local{\"local \"}; struct B { virtual int f() { return 1; } virtual ~B() = default; }; struct C : B { int f() override { return 2; } }; B *b = new C; std::cout << dynamic_cast<C *>(b)->f() << ' '; delete b; }", ok(), "2 local static "),
            row("syntax error", "#include <iostream>\nint main() {\n  int x = ;\n}", End::CompileError { exit_code: 1 }, "").says("main.cpp:3:11: error: expected expression"),
            row("200 KB of output", "#include <iostream>\n#include <string>\nint main() { for (int i = 0; i < 2000; i++) std::cout << std::string(99, 'x') << '\\n'; }", ok(), &format!("{}\n", "x".repeat(99)).repeat(2000)),
            row("100000 calls deep", "#include <iostream>\nint f(volatile int n) { return n ? 1 + f(n - 1) : 0; } int main() { std::cout << f(100000); }", ok(), "100000"),
            row("a file that is not there", "#include <fstream>\n#include <iostream>\nint main() { std::ifstream f(\"input.txt\"); std::cout << f.is_open(); }", ok(), "0"),
            row("a bomb for the compiler", "template<int N> struct A { static constexpr long f() { return A<N - 1>::f() + A<N - 2>::f(); } }; constexpr int g(int n) { return n < 2 ? n : g(n - 1) + g(n - 2); } int main() { constexpr int x = g(60); return x; }", End::CompileError { exit_code: 1 }, "").says("error: "),
        ],
    );
}

#[test]
#[ignore = "compiles a module of 75 MB, which takes three minutes, and headers"]
fn cpp_reaches_nothing_outside() {
    let ok = || exited(0);
    let is_refused = || End::CompileError { exit_code: 1 };
    hold(
        Language::Cpp,
        vec![
            row(
                "files",
                "#include <fstream>\n#include <iostream>\nint main() { std::cout << std::ifstream(\"/etc/passwd\").is_open() << std::ifstream(\"/usr/start.o\").is_open(); }",
                ok(),
                "00",
            ),
            row(
                "writing",
                "#include <fstream>\n#include <iostream>\nint main() { std::cout << std::ofstream(\"/tmp/out\").is_open(); }",
                ok(),
                "0",
            ),
            row(
                "folders",
                "#include <filesystem>\n#include <iostream>\nint main() { std::error_code e; std::cout << std::filesystem::exists(\"/etc\", e) << std::filesystem::create_directory(\"/a\", e); }",
                ok(),
                "00",
            ),
            row(
                "environment",
                "#include <cstdlib>\n#include <iostream>\nint main() { std::cout << !!std::getenv(\"HOME\"); }",
                ok(),
                "0",
            ),
            row(
                "processes",
                "#include <cstdlib>\nint main() { return std::system(\"ls\"); }",
                is_refused(),
                "",
            )
            .says("system"),
            row(
                "threads",
                "#include <thread>\nint main() { std::thread t([] {}); t.join(); }",
                exited(134),
                "",
            )
            .says("thread constructor failed"),
            row(
                "clock",
                "#include <chrono>\n#include <iostream>\nint main() { auto t = std::chrono::system_clock::now(); std::cout << std::chrono::duration_cast<std::chrono::hours>(t.time_since_epoch()).count() / 24; }",
                ok(),
                "20454",
            ),
            row(
                "random numbers",
                "#include <iostream>\n#include <random>\nint main() { std::random_device d; std::cout << (d() == d()); }",
                ok(),
                "0",
            ),
            row(
                "files of the compiler",
                "#include \"/etc/passwd\"\nint main() {}",
                is_refused(),
                "",
            )
            .says("'/etc/passwd' file not found"),
            row(
                "assembler",
                "int main() { asm(\".include \\\"/etc/passwd\\\"\"); }",
                is_refused(),
                "",
            )
            .says("error: "),
            row(
                "state of another instance",
                "#include <iostream>\nint left; int main() { std::cout << left++; }",
                ok(),
                "0",
            ),
        ],
    );
}
