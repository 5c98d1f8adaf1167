//! The models of a command that asks several: they share cache, recorder and budget.
//!
//! Invariant: one model behind one address is opened once: it has one account, one limit and one row of usage.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::model::ModelArgs;
use crate::ask::respondent::Respondent;
use crate::cli::config::Config;
use crate::error::Result;
use crate::model::{Model, Sampling};

/// Models that are opened one after the other.
pub struct Models<'a> {
    pub args: &'a ModelArgs,
    pub config: &'a Config,
    pub stop: &'a Arc<AtomicBool>,
    /// A model of an earlier part of the command, with which these share cache, recorder and budget.
    pub sharing: Option<Model>,
    /// Each model once, in the order in which they were opened.
    pub opened: Vec<Model>,
}

impl<'a> Models<'a> {
    /// The name under which a server knows the model that an option names.
    pub fn known_as<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        let endpoint = self.config.endpoints.get(name);
        endpoint.and_then(|endpoint| endpoint.model.as_deref()).unwrap_or(name)
    }

    /// Opens the model that `--model` names, if it names one.
    pub fn main(&mut self) -> Result<Option<Respondent>> {
        let opened = self.args.open_sharing(self.sharing.as_ref(), self.config, self.stop)?;
        Ok(opened.map(|opened| self.respondent(opened)))
    }

    /// Opens another one, which samples at this temperature unless the options or its endpoint say otherwise.
    pub fn beside(&mut self, name: &str, temperature: f64) -> Result<Respondent> {
        let first = self.opened.first().or(self.sharing.as_ref());
        let opened = self.args.open_beside(name, first, temperature, self.config, self.stop)?;
        Ok(self.respondent(opened))
    }

    /// Opens a model that gives the vectors of texts.
    pub fn embeddings(&mut self, name: &str) -> Result<Model> {
        let first = self.opened.first().or(self.sharing.as_ref());
        let opened = self.args.open_embeddings(name, first, self.config, self.stop)?;
        Ok(self.once(opened))
    }

    /// Each model once.
    pub fn all(&self) -> Vec<&Model> {
        self.opened.iter().collect()
    }

    fn respondent(&mut self, (model, sampling): (Model, Sampling)) -> Respondent {
        Respondent { model: self.once(model), sampling }
    }

    /// The model that is open already, if it is the same.
    fn once(&mut self, model: Model) -> Model {
        let is_same = |known: &&Model| {
            let (known, server) = (known.server(), model.server());
            known.name() == server.name() && known.endpoint() == server.endpoint()
        };
        match self.opened.iter().find(is_same) {
            Some(known) => known.clone(),
            None => {
                self.opened.push(model.clone());
                model
            }
        }
    }
}
