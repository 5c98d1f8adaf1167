//! The category of a problem: one of twenty, with a reason.

use minijinja::context;
use serde::Deserialize;
use serde_json::json;

use super::ReviewProblem;
use super::critique::plain;
use crate::ask::prompt::Prompt;
use crate::ask::reading::{object, object_of, texts_in};
use crate::ask::{ask, malformed};
use crate::error::Result;
use crate::fences::fence_for;
use crate::model::Schema;
use crate::outcome::Rejection;
use crate::pipeline::autocode::describe::Described;
use crate::sample::problem::Category;

/// Asks for a category.
pub const CATEGORY: Prompt = Prompt {
    path: "autocode/category.jinja",
    builtin: include_str!("../../../../prompts/autocode/category.jinja"),
    by_line: false,
    specimen: || context! { question => "Add.", categories => ["strings"], fence => "```" },
};

/// The reply.
#[derive(Deserialize)]
struct Tag {
    category: String,
    reason: String,
}

/// The category of a name, however it is spelled.
fn named(name: &str) -> Option<Category> {
    Category::from_name(&name.trim().to_lowercase().replace([' ', '_'], "-"))
}

impl ReviewProblem<'_> {
    /// The category with the reason for it; a rejection of the reply if it has none of the twenty.
    pub(super) async fn category(
        &self,
        described: &Described,
    ) -> Result<std::result::Result<(Category, String), Rejection>> {
        let question = described.question.trim();
        let names: Vec<&str> = Category::ALL.iter().map(|category| category.name()).collect();
        let prompt = self.prompts.render(
            &CATEGORY,
            context! { question => question, categories => &names, fence => fence_for(question) },
        )?;
        let schema = object_of([
            ("category", json!({"enum": names})),
            ("reason", json!({"type": "string"})),
        ]);
        let request =
            self.critic.request(prompt).with_schema(Schema { name: "category".into(), schema });
        let reply = match ask(&self.critic.model, &request).await? {
            Ok(reply) => reply,
            Err(rejection) => return Ok(Err(rejection)),
        };
        let read = object::<Tag>(&reply);
        let bounded = read.and_then(|tag| texts_in(&reply, [tag.reason.as_str()]).map(|()| tag));
        Ok(bounded.and_then(|Tag { category, reason }| match named(&category) {
            Some(category) => Ok((category, plain(&reason))),
            None => Err(malformed(&reply, format!("{category:?} is not one of the categories"))),
        }))
    }
}
