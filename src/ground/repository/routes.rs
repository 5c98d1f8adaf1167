//! The endpoints of the repository as a text writes them.
//!
//! Invariant: parameters of a route are compared by name if both sides name them, and any text fits one that only the code names.

use super::file::Endpoint;
use super::known::{FileId, SymbolId};
use super::near::{missing, near};
use super::resolve::Resolver;

impl Resolver<'_> {
    /// The endpoints that a method, if one is named, and a route mean.
    pub fn endpoints(&self, method: &str, path: &str) -> Vec<(FileId, &Endpoint)> {
        let takes = |endpoint: &Endpoint| {
            let has = |method: &str| endpoint.methods.iter().any(|other| other == method);
            method.is_empty()
                || endpoint.methods.is_empty()
                || has(method)
                || ["HEAD", "OPTIONS"].contains(&method) && has("GET")
        };
        let all = self.repository.endpoints();
        all.filter(|(_, endpoint)| takes(endpoint) && is_route(path, &endpoint.path)).collect()
    }

    /// The function behind an endpoint.
    pub fn handler(&self, file: FileId, endpoint: &Endpoint) -> Option<SymbolId> {
        let mut symbols = self.repository.symbols_of(file);
        symbols.find(|id| self.repository.symbol(*id).name() == endpoint.handler)
    }

    /// Why there is no such endpoint.
    pub fn no_endpoint(&self, method: &str, path: &str) -> String {
        let with_method = |endpoint: &Endpoint| -> Vec<String> {
            endpoint.methods.iter().map(|method| format!("{method} {}", endpoint.path)).collect()
        };
        let same: Vec<String> = self
            .endpoints("", path)
            .iter()
            .flat_map(|(_, endpoint)| with_method(endpoint))
            .collect();
        let all: Vec<String> = self
            .repository
            .endpoints()
            .flat_map(|(_, endpoint)| {
                if method.is_empty() { vec![endpoint.path.clone()] } else { with_method(endpoint) }
            })
            .collect();
        let name = if method.is_empty() { path.to_owned() } else { format!("{method} {path}") };
        let misses =
            if same.is_empty() { near(&name, all.iter().map(String::as_str)) } else { same };
        format!("the endpoint {}", missing(&name, &misses))
    }
}

/// Whether a route that a text writes is one of the code.
fn is_route(stated: &str, route: &str) -> bool {
    let stated = stated.split('?').next().unwrap_or(stated);
    let parts = |path: &str| -> Vec<String> {
        path.trim_matches('/').split('/').map(str::to_owned).collect()
    };
    let (stated, route) = (parts(stated), parts(route));
    stated.len() == route.len()
        && stated.iter().zip(&route).all(|(stated, route)| {
            match (parameter(stated), parameter(route)) {
                (None, None) => stated == route,
                (Some(a), Some(b)) => a == b,
                (None, Some(_)) => !stated.is_empty(),
                (Some(_), None) => false,
            }
        })
}

/// The name of a parameter of a route: `<int:id>`, `{id}`, `:id`.
fn parameter(part: &str) -> Option<&str> {
    let inner = part
        .strip_prefix('<')
        .and_then(|part| part.strip_suffix('>'))
        .or_else(|| part.strip_prefix('{').and_then(|part| part.strip_suffix('}')));
    match inner {
        Some(inner) if part.starts_with('<') => inner.rsplit(':').next(),
        Some(inner) => inner.split(':').next(),
        None => part.strip_prefix(':'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_the_same_however_its_parameters_are_written() {
        for stated in [
            "/items/<int:id>",
            "/items/<id>",
            "/items/{id}",
            "/items/:id",
            "/items/7",
            "/items/7?full=1",
        ] {
            assert!(is_route(stated, "/items/<int:id>"), "{stated}");
        }
        for stated in ["/items", "/items/", "/items/<name>", "/item/7", "/items/7/x"] {
            assert!(!is_route(stated, "/items/<int:id>"), "{stated}");
        }
    }
}
