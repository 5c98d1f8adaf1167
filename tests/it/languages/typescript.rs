//! TypeScript: what a program does, how it ends, and what it cannot reach.

use std::sync::OnceLock;

use tgsand::sandbox::{End, Language};

use super::{exited, hold, row};

#[test]
#[ignore = "compiles a module of 20 MB, which takes a minute"]
fn typescript_programs_end_as_they_should() {
    let ok = || exited(0);
    hold(
        Language::Typescript,
        vec![
            row(
                "hello",
                "interface Named { name: string }\nfunction hello<T extends Named>(of: T): string { return `hello ${of.name}` }\nconsole.log(hello({ name: 'x' } as Named))",
                ok(),
                "hello x\n",
            ),
            row(
                "what is more than types",
                "enum Colour { Red, Green = 5, Blue }
                 namespace Shapes { export const sides = 4 }
                 class Point { constructor(public readonly x: number, private y = 2) {} sum() { return this.x + this.y } }
                 abstract class Base { abstract f(): number }
                 class Derived extends Base { override f() { return 1 } }
                 const maybe: string | null = null;
                 console.log(Colour.Blue, Colour[5], Shapes.sides, new Point(1).sum(), new Derived().f(), maybe!, [1] satisfies number[])",
                ok(),
                "6 Green 4 3 1 null [ 1 ]\n",
            ),
            row(
                "imports",
                "import * as fs from 'fs';\nimport assert from 'node:assert';\nimport type { Stats } from 'fs';\nassert.equal(1, 1);\nconsole.log(fs.readFileSync(0, 'utf8').length);\nexport const x: number = 1;",
                ok(),
                "3\n",
            )
            .reads("abc"),
            row(
                "sum of stdin",
                "declare function require(name: string): any;\nconst text: string = require('fs').readFileSync(0, 'utf8');
                 console.log(text.split(/\\s+/).map(Number).reduce((a: number, b: number) => a + b))",
                ok(),
                "42\n",
            )
            .reads("1 2 39"),
            row(
                "a million steps",
                "let s: number = 0; for (let i: number = 0; i < 1000000; i++) s += i; console.log(s)",
                ok(),
                "499999500000\n",
            ),
            row(
                "memory bomb",
                "const a: number[][] = []; for (;;) a.push(new Array<number>(100000).fill(1))",
                End::OutOfMemory,
                "",
            )
            .says("out of memory"),
            row("endless loop", "for (let x: number = 0;;) x++;", End::OutOfFuel, ""),
            row(
                "the line of an exception",
                "interface A { a: string;\n  b: number }\n\n\nfunction f(x: A): never {\n  type B = A;\n  throw new TypeError('bad')\n}\nenum E { X,\n Y }\nf({ a: '', b: E.X } as A)",
                exited(1),
                "",
            )
            .says("Uncaught TypeError: bad\n    at f (main.ts:7:13)\n    at main.ts:11:1\n"),
            row("exit code", "process.exit(200 as number)", exited(200), ""),
            row(
                "syntax error",
                "const a: number = 1;\nlet x: = ;",
                End::CompileError { exit_code: 1 },
                "",
            )
            .says("main.ts:2:7:"),
            row("what is left does not compile", "let a: number = 1;\n\nfunction f() { let b; let b; }", End::CompileError { exit_code: 1 }, "")
                .says("main.ts:3:"),
            row(
                "an await outside of functions",
                "await Promise.resolve(1 as number)",
                End::CompileError { exit_code: 1 },
                "",
            )
            .says("Top-level await"),
            row("types are not checked", "const a: number = 'x'; console.log(a)", ok(), "x\n"),
            row("nested too deeply", deep_typescript(), End::CompileError { exit_code: 1 }, "").says("the compiler ended: "),
            row(
                "200 KB of output",
                "for (let i = 0 as number; i < 2000; i++) console.log('x'.repeat(99))",
                ok(),
                &format!("{}\n", "x".repeat(99)).repeat(2000),
            ),
            row(
                "5000 calls deep",
                "function f(n: number): number { return n ? 1 + f(n - 1) : 0 } console.log(f(5000))",
                ok(),
                "5000\n",
            ),
            row(
                "a file that is not there",
                "import { readFileSync } from 'fs'; readFileSync('input.txt' as string)",
                exited(1),
                "",
            )
            .says("ENOENT"),
            row("network", "fetch('http://127.0.0.1/' as string)", exited(1), "")
                .says("fetch is not defined"),
        ],
    );
}

/// A program whose brackets take more of the translator's stack than it has.
fn deep_typescript() -> &'static str {
    static DEEP: OnceLock<String> = OnceLock::new();
    DEEP.get_or_init(|| "(".repeat(2_000_000))
}

#[test]
#[ignore = "compiles a module of 20 MB, which takes a minute"]
fn typescript_reaches_nothing_outside() {
    let ok = || exited(0);
    hold(
        Language::Typescript,
        vec![
            row(
                "files",
                "import { existsSync } from 'fs'; console.log(['/etc/passwd', '/', 'main.ts'].map((path: string) => existsSync(path)))",
                ok(),
                "[ false, false, false ]\n",
            ),
            row(
                "files that the translator would read",
                "import text from '/etc/passwd'; console.log(text)",
                exited(1),
                "",
            )
            .says("Cannot find module '/etc/passwd'"),
            row("a text file as a module", "import text from './a.txt' with { type: 'text' }; console.log(text)", exited(1), "").says("Cannot find module"),
            row(
                "modules by name",
                "console.log([1].length); for (const name of ['child_process', 'net', 'http', 'worker_threads'] as string[])
                 try { require(name) } catch (error: any) { console.log(error.code) }",
                ok(),
                &format!("1\n{}", "MODULE_NOT_FOUND\n".repeat(4)),
            ),
            row("environment", "console.log(process.env as object)", ok(), "{}\n"),
            row(
                "clock",
                "console.log(new Date().toISOString().slice(0, 16) as string)",
                ok(),
                "2026-01-01T00:00\n",
            ),
            row("random numbers", "const a: number = Math.random(); console.log(a >= 0 && a < 1)", ok(), "true\n"),
            row(
                "a sleep takes no time",
                "const before: number = Date.now(); setTimeout((): void => console.log(Date.now() - before), 1e8)",
                ok(),
                "100000000\n",
            ),
            row("directives for the translator", "/// <reference path='/etc/passwd' />\n//# sourceMappingURL=/etc/passwd\nconsole.log(1 as number)", ok(), "1\n"),
            row(
                "state of another instance",
                "console.log((globalThis as any).left ?? 'none'); (globalThis as any).left = 1",
                ok(),
                "none\n",
            ),
        ],
    );
}
