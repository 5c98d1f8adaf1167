//! Go, by its own compiler and linker: they are built from their sources for WASI when the language is installed, and run as guests as any other.
//!
//! Invariant: of what comes with Go, only its build tool runs outside of the sandbox, once, on Go's own sources, and never for a program.

mod test_functions;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use wasmtime::InstancePre;
use wasmtime_wasi::FsPerms;

use super::super::error::SandboxError;
use super::super::job::{End, Job};
use super::builds::{self, Built, LIMITS};
use super::host::{self, Host};
use super::{Facts, Folder, Kind, Material, Modules, Source, Start, messages};

/// Where the tools find the compiled packages of the standard library, and the program.
const LIBRARY: &str = "/go";
const WORK: &str = "/work";
/// Says of each package where it is.
const PACKAGES: &str = "packages.cfg";
/// Bytes of the largest program: one with all of `net/http` has half of them.
const LARGEST_PROGRAM: u64 = 16 << 20;
const COMPILE: &str =
    "compile -complete -dwarf=false -lang=go1.27 -c=1 -nolocalimports -trimpath=/work -pack";
const LINK: &str = "link -s -w -buildmode=exe -buildid=program";
/// What a program's last line begins with if the program is to print the rest of the line when it comes to its end.
const ENDING: &str = "//tgsand:end ";
/// The variable of the runtime that holds such a line, and where the runtime looks at it.
const END_VARIABLE: &str = "runtime.tgsandEnd";
const AFTER_MAIN: &str = "
\tfn()

\t// Check for C memory leaks";
const SHOWING_THE_END: &str = "
\tfn()
\tif tgsandEnd != \"\" {
\t\twrite(1, unsafe.Pointer(unsafe.StringData(tgsandEnd)), int32(len(tgsandEnd)))
\t}

\t// Check for C memory leaks";
const DECLARED: &str = "\nvar tgsandEnd string\n";

pub const FACTS: Facts = Facts {
    name: "go",
    title: "Go",
    names: &["go", "golang"],
    endings: &["go"],
    ended: |execution| execution,
    folder: Some((LIBRARY, |_| Ok(()))),
    source: Source::Built(make),
    recipe: || {
        format!(
            "{COMPILE} {LINK} {ENDING} {END_VARIABLE} {AFTER_MAIN} {SHOWING_THE_END} {DECLARED}"
        )
    },
    prepare: Ok,
    kind: Kind::Go,
};

/// A comment by which a program prints a line when it comes to its end.
pub fn ending(line: &str) -> String {
    format!("{ENDING}{line}")
}

/// Builds the compiler, the linker and the standard library, all for WASI.
fn make(material: &Material<'_>) -> Result<Modules, SandboxError> {
    let Material { package, scratch, files, .. } = material;
    let root = package.join("go");
    let runtime = root.join("src/runtime/proc.go");
    let source = fs::read_to_string(&runtime).map_err(SandboxError::io(&runtime))?;
    if !source.contains(AFTER_MAIN) {
        return Err(SandboxError::Runtime("Go's runtime is not the one that is known".into()));
    }
    let source = source.replacen(AFTER_MAIN, SHOWING_THE_END, 1) + DECLARED;
    fs::write(&runtime, source).map_err(SandboxError::io(&runtime))?;
    // A wheel does not say which files are programs.
    for folder in [root.join("bin"), root.join("pkg/tool")] {
        for entry in walkdir::WalkDir::new(&folder).into_iter().filter_map(Result::ok) {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(entry.path(), mode).map_err(SandboxError::io(entry.path()))?;
        }
    }
    let tools = scratch.join("tools");
    fs::create_dir_all(&tools).map_err(SandboxError::io(&tools))?;
    let out = tools.to_string_lossy().into_owned() + "/";
    go(&root, scratch, &["build", "-ldflags=-s -w", "-o", &out, "cmd/compile", "cmd/link"])?;
    let listed = go(
        &root,
        scratch,
        &[
            "list",
            "-export",
            "-gcflags=all=-dwarf=false",
            "-f={{if .Export}}{{.ImportPath}} {{.Export}}{{end}}",
            "std",
        ],
    )?;
    let mut packages = String::new();
    for (name, built) in listed.lines().filter_map(|line| line.split_once(' ')) {
        let file = format!("{name}.a");
        let path = files.join(&file);
        let folder = path.parent().unwrap_or(files);
        fs::create_dir_all(folder)
            .and_then(|()| fs::copy(built, &path))
            .map_err(SandboxError::io(&path))?;
        packages.push_str(&format!("packagefile {name}={LIBRARY}/{file}\n"));
    }
    let path = files.join(PACKAGES);
    fs::write(&path, packages).map_err(SandboxError::io(&path))?;
    let module = |name: &str| {
        let path = tools.join(name);
        fs::read(&path).map_err(SandboxError::io(&path))
    };
    Ok(Modules { own: module("compile")?, other: Some(module("link")?) })
}

/// Has Go's own build tool do something for WASI, without a network; gives what it prints.
fn go(root: &Path, scratch: &Path, arguments: &[&str]) -> Result<String, SandboxError> {
    let (command, rest) = arguments.split_first().unwrap_or((&"version", &[]));
    let output = Command::new(root.join("bin/go"))
        .args([command, "-trimpath"])
        .args(rest)
        .current_dir(root.join("src"))
        .env_clear()
        .env("GOROOT", root)
        .env("GOPATH", scratch.join("path"))
        .env("GOCACHE", scratch.join("cache"))
        .env("GOTMPDIR", scratch)
        .envs([
            ("GOOS", "wasip1"),
            ("GOARCH", "wasm"),
            ("CGO_ENABLED", "0"),
            ("GOENV", "off"),
            ("GOPROXY", "off"),
            ("GOTELEMETRY", "off"),
            ("GOTOOLCHAIN", "local"),
        ])
        .output()
        .map_err(SandboxError::io(root.join("bin/go")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(SandboxError::Runtime(format!("Go does not build: {}", said.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The compiler and the linker, and the folder with the standard library.
pub struct Compiler<'a> {
    pub compile: &'a InstancePre<Host>,
    pub link: &'a InstancePre<Host>,
    pub library: &'a Path,
}

impl builds::Compiler for Compiler<'_> {
    fn build(&self, code: &str) -> Result<Built, SandboxError> {
        let work = tempfile::tempdir().map_err(SandboxError::io("a temporary folder"))?;
        let write = |name: &str, text: &str| {
            let path = work.path().join(name);
            fs::write(&path, text).map_err(SandboxError::io(&path))
        };
        write("main.go", code)?;
        let mut packages = format!("{LIBRARY}/{PACKAGES}");
        let mut steps = Vec::new();
        if let Some(main) = test_functions::main_of(code) {
            // The program is a package of its own, as `go test` has it.
            let path = self.library.join(PACKAGES);
            let library = fs::read_to_string(&path).map_err(SandboxError::io(&path))?;
            steps.push(format!("{COMPILE} -importcfg {packages} -p program -o program.a main.go"));
            write("tests.go", &main)?;
            write(PACKAGES, &format!("{library}packagefile program={WORK}/program.a\n"))?;
            packages = format!("{WORK}/{PACKAGES}");
            steps.push(format!("{COMPILE} -importcfg {packages} -p main -o main.a tests.go"));
        } else {
            steps.push(format!("{COMPILE} -importcfg {packages} -p main -o main.a main.go"));
        }
        let end = code.trim_end().lines().last().and_then(|line| line.strip_prefix(ENDING));
        let end = end.map_or_else(String::new, |line| format!("-X={END_VARIABLE}={line}\n"));
        let link = format!("{LINK} -importcfg {packages} -o program.wasm");
        for step in &steps {
            if let Err(messages) = self.run(self.compile, step, None, work.path())? {
                return Ok(Err(messages));
            }
        }
        if let Err(messages) = self.run(self.link, &link, Some(&end), work.path())? {
            return Ok(Err(messages));
        }
        let path = work.path().join("program.wasm");
        let size = fs::metadata(&path).map_err(SandboxError::io(&path))?.len();
        if size > LARGEST_PROGRAM {
            return Ok(Err("the program cannot be run: it is too large\n".to_owned()));
        }
        let program = fs::read(&path).map_err(SandboxError::io(&path))?;
        Ok(builds::ready(self.compile.module().engine(), &program))
    }
}

impl Compiler<'_> {
    /// Runs a tool in the folder of a program; what it says if it fails.
    fn run(
        &self,
        tool: &InstancePre<Host>,
        arguments: &str,
        end: Option<&str>,
        work: &Path,
    ) -> Result<Result<(), String>, SandboxError> {
        let mut arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        if let Some(end) = end {
            // The value has the end of the line in it.
            arguments.extend((!end.is_empty()).then(|| end.to_owned()));
            arguments.push("main.a".to_owned());
        }
        let folder = |here: &Path, there: &str, permissions| Folder {
            here: here.to_owned(),
            there: there.to_owned(),
            permissions,
        };
        let start = Start {
            arguments,
            environment: [("GOOS", "wasip1"), ("GOARCH", "wasm"), ("PWD", WORK), ("TMPDIR", WORK)]
                .map(|(name, value)| (name, value.to_owned()))
                .to_vec(),
            folders: vec![
                folder(self.library, LIBRARY, FsPerms::ReadOnly),
                folder(work, WORK, FsPerms::ReadWrite),
            ],
            tells_files_apart: true,
            ..Start::default()
        };
        let job = Job { limits: LIMITS, ..Job::default() };
        let done = host::run(tool, start, &job)?;
        if done.end == (End::Exited { exit_code: 0 }) {
            return Ok(Ok(()));
        }
        let said = format!("{}{}", done.stdout, messages(&done));
        Ok(Err(said.replace(&format!("{WORK}/"), "")))
    }
}
