//! A password, token or key that is drawn from `random`, whose next values follow from earlier ones.
//!
//! Invariant: only where a name says that it is a secret: of the variable that is assigned, or of the function that draws.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, Stmt};

use super::Found;
use super::imported::Imported;

/// Words of names that are for secrets.
const SECRETS: [&str; 11] = [
    "apikey",
    "credential",
    "nonce",
    "otp",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "salt",
    "secret",
    "token",
];
/// Functions of `random` that draw, but for `SystemRandom`, which asks the system.
const DRAWS: [&str; 8] = [
    "random.choice",
    "random.choices",
    "random.getrandbits",
    "random.randbytes",
    "random.randint",
    "random.random",
    "random.randrange",
    "random.sample",
];

pub(super) fn check(body: &[Stmt], found: &mut Found) {
    Walk { imported: Imported::of(body), is_secret: false, found }.visit_body(body);
}

struct Walk<'f> {
    imported: Imported,
    /// Whether what is around makes a secret.
    is_secret: bool,
    found: &'f mut Found,
}

impl<'a> Visitor<'a> for Walk<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let outside = self.is_secret;
        match stmt {
            Stmt::FunctionDef(def) => self.is_secret = is_for_a_secret(def.name.as_str()),
            Stmt::Assign(assign) => self.is_secret |= assign.targets.iter().any(names_a_secret),
            Stmt::AnnAssign(assign) => self.is_secret |= names_a_secret(&assign.target),
            Stmt::AugAssign(assign) => self.is_secret |= names_a_secret(&assign.target),
            _ => {}
        }
        walk_stmt(self, stmt);
        self.is_secret = outside;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr
            && self.is_secret
            && self.imported.is_any(&call.func, &DRAWS)
        {
            self.found
                .on(call, "a secret is drawn from `random`, which can be predicted; use `secrets`");
        }
        walk_expr(self, expr);
    }
}

fn names_a_secret(target: &Expr) -> bool {
    match target {
        Expr::Name(name) => is_for_a_secret(name.id.as_str()),
        Expr::Attribute(of) => is_for_a_secret(of.attr.as_str()),
        _ => false,
    }
}

fn is_for_a_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let plain = name.replace("api_key", "apikey").replace("secret_key", "secret");
    // `tokens` are those of a text, as `token_count` is.
    let words: Vec<&str> = plain.split('_').collect();
    words.last().is_some_and(|word| SECRETS.contains(word))
        || words.len() > 1
            && ["make", "generate", "create", "new", "random"].contains(&words[0])
            && words.iter().any(|word| SECRETS.contains(word))
}
