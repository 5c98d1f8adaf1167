//! One function with all that it needs: its program, the calls that show it, and what others get for its parameters.
//!
//! Invariant: what is cut out is text of the source, in its order; nothing is run.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::cases::Target;
use crate::dataset::folder_calls::FolderCalls;
use crate::outcome::{Reason, Rejection};
use crate::python::changers::changers_for;
use crate::python::company::Company;
use crate::python::examples::Shown;
use crate::python::package::Package;
use crate::python::special::constructed;
use crate::python::unneeded::without_unneeded;
use crate::python::used_imports::with_used_imports;
use crate::python::{Function, Module, Param, ParamKind};

/// Bytes of the programs of a row's functions together: each has all that it needs, so that functions that call each
/// other have each other's text.
pub(super) const MAX_PROGRAMS: usize = 8 << 20;
/// Arguments of other functions that are kept for a parameter.
const MAX_ELSEWHERE: usize = 8;
/// Bytes of a program up to which it has the methods that change a method's object.
const MAX_WITH_CHANGERS: usize = 10_000;
/// Parameters of a function; inputs for more are not searched for.
const MAX_PARAMETERS: usize = 255;

/// Cuts functions out of their module.
pub(super) struct Cut<'m> {
    pub(super) module: &'m Module,
    pub(super) shown: &'m Shown,
    /// What other files of the folder call functions with.
    pub(super) folder: Option<Rc<FolderCalls>>,
    /// The modules that the module imports, by their names.
    pub(super) modules: BTreeMap<String, String>,
    /// What the module's functions are called with, by the names of their parameters.
    pub(super) arguments: &'m [(String, String)],
    pub(super) company: &'m Company<'m>,
    pub(super) package: Option<(Rc<Package>, String)>,
    /// What is left for the programs of the row's functions, if anything is.
    pub(super) room: Option<usize>,
}

impl Cut<'_> {
    /// The function with all that it needs, or what stands in the way.
    pub(super) fn target(&mut self, function: &Function) -> Result<Target, Rejection> {
        let parameters = function.params.len();
        if parameters > MAX_PARAMETERS {
            let detail = format!("{parameters} parameters, {MAX_PARAMETERS} are allowed");
            return Err(Rejection::new(Reason::SizeOutOfRange, detail));
        }
        let examples = self.examples(function);
        let mut elsewhere: Vec<(String, String)> =
            function.params.iter().flat_map(|param| self.elsewhere(&param.name)).collect();
        elsewhere.extend(self.objects(function));
        // Without room not even a short program is cut: it takes as long as a long one to find out.
        let program = self.room.map_or_else(
            || Ok(String::new()),
            |_| {
                let texts = elsewhere.iter().map(|(_, text)| text).chain(&examples);
                let names = self.company.names(function, texts);
                let elsewhere = elsewhere.iter().map(|(_, text)| text.clone());
                let arguments: Vec<String> = elsewhere.chain(examples.clone()).collect();
                self.program(&function.name, names, &arguments)
            },
        );
        let program = program.map_err(|why| Rejection::new(Reason::NotSelfContained, why))?;
        self.room = self.room.and_then(|room| room.checked_sub(program.len()));
        if self.room.is_none() {
            let detail = format!(
                "the programs of the functions before this one and its own are longer than {} MiB together",
                MAX_PROGRAMS >> 20
            );
            return Err(Rejection::new(Reason::SizeOutOfRange, detail));
        }
        Ok(Target { source: None, program, entry: function.name.clone(), examples, elsewhere })
    }

    /// The arguments that the function is shown with: by its own file, and by others of the folder.
    fn examples(&self, function: &Function) -> Vec<String> {
        let own = self.shown.of(function).into_iter().filter_map(|shown| shown.call.to_source());
        let mut examples: Vec<String> = own.collect();
        let called = match constructed(&function.name) {
            Some(class) => Some(class),
            None => Some(function.name.as_str()).filter(|name| !name.contains('.')),
        };
        if let (Some(folder), Some(called)) = (&self.folder, called) {
            for call in folder.calls(called, &self.modules) {
                let text = call.to_source().filter(|_| call.bind(function));
                examples.extend(text.filter(|text| !examples.contains(text)));
            }
        }
        examples
    }

    /// What makes the object of a method, as other files of the folder make objects of its class.
    fn objects(&self, function: &Function) -> Vec<(String, String)> {
        let class = function.name.rsplit_once('.').map(|(class, _)| class);
        let (Some(class), Some(folder), Some(own)) = (
            class,
            &self.folder,
            function.params.first().filter(|_| self.module.takes_object(function)),
        ) else {
            return Vec::new();
        };
        let calls = folder.calls(class, &self.modules).take(MAX_ELSEWHERE);
        let made = calls.filter_map(|call| Some(format!("{class}({})", call.to_source()?)));
        let mut made: Vec<String> = made.collect();
        if made.is_empty() {
            made = self.constructed(class);
        }
        made.into_iter().map(|text| (own.name.clone(), text)).collect()
    }

    /// Objects of a class whose constructor takes what other functions get for parameters of the same names, objects among them.
    fn constructed(&self, class: &str) -> Vec<String> {
        let constructor = self.module.function(&format!("{class}.__init__"));
        let required: Vec<&Param> = constructor
            .iter()
            .flat_map(|function| &function.params)
            .filter(|param| param.is_required())
            .collect();
        let known: Vec<Vec<(String, String)>> =
            required.iter().map(|param| self.elsewhere(&param.name)).collect();
        let has_objects = known.iter().flatten().any(|(_, text)| text.contains('('));
        if !has_objects || known.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        let nth = |n: usize| -> String {
            let arguments = required.iter().zip(&known).enumerate().map(|(at, (param, known))| {
                let text = known.get((n + at) % known.len()).map_or("", |(_, text)| text);
                match param.kind {
                    ParamKind::KeywordOnly => format!("{}={text}", param.name),
                    _ => text.to_owned(),
                }
            });
            format!("{class}({})", arguments.collect::<Vec<String>>().join(", "))
        };
        (0..MAX_ELSEWHERE).map(nth).collect()
    }

    /// What other functions get for a parameter of a name: in the file, and objects in the folder.
    fn elsewhere(&self, parameter: &str) -> Vec<(String, String)> {
        let named = self.arguments.iter().filter(|(name, _)| name == parameter);
        let mut texts: Vec<&str> = named.map(|(_, text)| text.as_str()).collect();
        if let Some(folder) = &self.folder {
            for text in folder.objects(parameter, &self.modules) {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
        texts.truncate(MAX_ELSEWHERE);
        texts.into_iter().map(|text| (parameter.to_owned(), text.to_owned())).collect()
    }

    /// The smallest program that defines a function, with what it needs of its package and what its arguments are made with.
    fn program(
        &self,
        name: &str,
        mut names: BTreeSet<String>,
        arguments: &[String],
    ) -> Result<String, String> {
        let gathered = match &self.package {
            Some((package, module)) => package.gather(module, name, &names)?,
            None => None,
        };
        names.insert(name.to_owned());
        let program =
            gathered.map_or_else(|| self.module.closure_of(&names), |gathered| gathered.program);
        let needed = |mentions: &[String]| {
            with_used_imports(&without_unneeded(&program, name, &names, mentions))
        };
        // With the methods that bring an object into a state, if that is not too much.
        let changers = changers_for(&program, name);
        if !changers.is_empty() {
            let longer = needed(&[arguments, &changers].concat());
            if longer.len() <= MAX_WITH_CHANGERS {
                return Ok(longer);
            }
        }
        Ok(needed(arguments))
    }
}
