//! That nothing else does something: the only callers, all that is called, all that is raised.
//!
//! Invariant: what is said to be all is held against all that the index has.

use super::edges::{Object, Subject};
use super::file::File;
use super::known::{FileId, SymbolId};
use super::relations::State;
use super::resolve::Thing;
use crate::index::Role;

impl State<'_, '_> {
    /// Nothing but the named ones calls an object.
    pub fn exhaust_callers(&mut self, object: &Object<'_>, named: &[(String, Subject)]) {
        self.exhaust(object, named, |_| true);
    }

    /// No test calls an object.
    pub fn exhaust_tests(&mut self, object: &Object<'_>) {
        let is_test = |file: &File| file.role == Some(Role::Test);
        self.exhaust(object, &[], is_test);
    }

    fn exhaust(
        &mut self,
        object: &Object<'_>,
        named: &[(String, Subject)],
        counts: impl Fn(&File) -> bool,
    ) {
        let Some(Thing::Symbols(ids)) = object.thing else { return };
        let repository = self.resolver.repository;
        let is_counted = |file: &FileId| counts(repository.file(*file));
        let is_named = |caller: &SymbolId| {
            named.iter().any(|(_, subject)| match subject {
                Subject::Symbols(ids) => ids
                    .iter()
                    .any(|id| id == caller || self.resolver.class_of(*caller) == Some(*id)),
                Subject::Files(files) => files.contains(&caller.file),
            })
        };
        // Of several definitions of one name, the one may be meant that nothing else calls.
        let is_meant = |id: &&SymbolId| {
            let mut callers = repository.callers(**id).iter().peekable();
            callers.peek().is_some()
                && callers.all(is_named)
                && repository.module_callers(**id).iter().all(|file| {
                    named.iter().any(|(_, subject)| {
                        matches!(subject, Subject::Files(files) if files.contains(file))
                    })
                })
        };
        if ids.len() > 1 && ids.iter().any(|id| is_meant(&id)) {
            self.held += 1;
            return;
        }
        let callers = ids.iter().flat_map(|id| self.resolver.repository.callers(*id));
        let other = callers.filter(|caller| !is_named(caller) && is_counted(&caller.file)).min();
        let is_named_file = |file: &&FileId| {
            named.iter().any(
                |(_, subject)| matches!(subject, Subject::Files(files) if files.contains(file)),
            )
        };
        let files = ids.iter().flat_map(|id| self.resolver.repository.module_callers(*id));
        let other = other.map(|id| self.resolver.repository.symbol(*id).name());
        let other = other.or_else(|| {
            let file = files.filter(|file| !is_named_file(file) && is_counted(file)).min();
            file.map(|file| self.resolver.repository.file(*file).path.as_str())
        });
        match other {
            None => self.held += 1,
            Some(other) => {
                let claim = format!("nothing else calls `{}`", object.name());
                self.faults.push((claim, format!("`{other}` does")));
            }
        }
    }

    /// The subject calls nothing of the repository but the named ones.
    pub fn exhaust_callees(
        &mut self,
        (name, subject): &(String, Subject),
        named: std::ops::RangeInclusive<usize>,
    ) {
        let Subject::Symbols(ids) = subject else { return };
        let repository = self.resolver.repository;
        let of = |place: usize| self.object(place);
        let is_named = |callee: &str| {
            let plain = callee.strip_suffix(".__init__").unwrap_or(callee);
            named
                .clone()
                .any(|place| of(place).last_name() == plain.rsplit('.').next().unwrap_or(plain))
        };
        let callees = ids.iter().flat_map(|id| repository.symbol(*id).callees());
        let mut own = callees.filter(|callee| !repository.dotted(callee).is_empty());
        match own.find(|callee| !is_named(callee)) {
            None => self.held += 1,
            Some(other) => {
                let claim = format!("`{name}` calls nothing else");
                self.faults.push((claim, format!("it calls `{other}`")));
            }
        }
    }

    pub fn exhaust_raises(
        &mut self,
        (name, subject): &(String, Subject),
        named: std::ops::RangeInclusive<usize>,
    ) {
        let Subject::Symbols(ids) = subject else { return };
        let named: Vec<String> =
            named.map(|place| self.object(place).last_name().to_owned()).collect();
        let raised = ids.iter().flat_map(|id| &self.resolver.repository.symbol(*id).entity.raises);
        let mut raised = raised.map(|raise| raise.exception.as_str());
        let is_other = |raised: &&str| {
            let last = raised.rsplit('.').next().unwrap_or_default();
            !last.is_empty() && !named.iter().any(|name| name == last)
        };
        if let Some(other) = raised.find(is_other) {
            let claim = format!("`{name}` raises nothing else");
            self.faults.push((claim, format!("it raises `{other}`")));
        }
    }
}
