//! Keeps what one or several models cost within what the user allows.
//!
//! Invariant: what is booked and what is reserved together never pass a limit, so requests under way together pass it by no
//! more than their replies are longer than what was reserved for them.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::reply::Usage;

/// What a model's tokens cost, in USD per million.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// A million tokens of prompts.
    pub prompt: f64,
    /// A million tokens of completions, reasoning included.
    pub completion: f64,
}

/// How much may be spent; what is not set is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// USD.
    pub max_cost: Option<f64>,
    /// Tokens of prompts and completions together.
    pub max_tokens: Option<u64>,
}

/// Why a budget cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// What the tokens cost is not known.
    #[error(
        "a cost limit needs the price of {model:?}, in USD per million tokens: --price PROMPT,REPLY, or \
         `price = {{ prompt = 0.15, completion = 0.60 }}` of its endpoint in tgsand.toml"
    )]
    NoPrice { model: String },
    /// A price or a limit is negative or no number.
    #[error("the {0} must be a non-negative number of USD")]
    NotMoney(&'static str),
}

/// There is no room for another request; all amounts are tokens, or USD.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Exhausted {
    /// The limit of the tokens.
    #[error(
        "the budget of {limit} tokens is too small: {spent} are spent, and the next request may take {next}"
    )]
    Tokens { limit: u64, spent: u64, next: u64 },
    /// The limit of the cost.
    #[error(
        "the budget of {limit} USD is too small: {spent:.4} USD are spent, and the next request may take {next:.4}"
    )]
    Cost { limit: f64, spent: f64, next: f64 },
}

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spent {
    /// Requests that were settled.
    pub requests: u64,
    /// Tokens of prompts.
    pub prompt_tokens: u64,
    /// Tokens of completions.
    pub completion_tokens: u64,
    /// USD; `None` if the price is not known, or a server has not counted the tokens.
    pub cost: Option<f64>,
}

/// Estimates the tokens of a text of this many bytes, without the model's tokenizer: four bytes per
/// token, rounded up.
///
/// English and code have about four; other scripts and digits have fewer, and take more tokens than this.
pub fn estimate_tokens(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

/// The account of one model; several models may spend one budget.
pub struct Ledger {
    purse: Arc<Purse>,
    /// The model's place among the purse's accounts.
    place: usize,
    price: Option<Price>,
}

/// What the models of a run may spend together.
struct Purse {
    budget: Budget,
    accounts: Mutex<Vec<Account>>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Account {
    price: Option<Price>,
    requests: u64,
    /// What earlier runs took: it counts against the limits but not as spending of this one.
    earlier: Tokens,
    booked: Tokens,
    /// What was reserved for requests whose server has not counted: the most that they took.
    uncounted: Tokens,
    reserved: Tokens,
}

/// An amount, as limits are compared with it.
#[derive(Clone, Copy)]
struct Amount {
    tokens: u64,
    /// USD; nothing without prices, which a limit of the cost needs.
    cost: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tokens {
    prompt: u64,
    completion: u64,
}

/// Room for one request; what is not settled is given back.
#[must_use = "the room is given back at once"]
pub struct Reservation<'a> {
    ledger: &'a Ledger,
    tokens: Tokens,
    is_settled: bool,
}

enum Answer {
    Granted,
    /// There is room if the requests under way take less than what is reserved for them.
    Later,
}

impl Ledger {
    /// Opens the account of a model; fails on a limit of the cost without a price, and on amounts that are none.
    pub fn new(model: &str, budget: Budget, price: Option<Price>) -> Result<Self, BudgetError> {
        if budget.max_cost.is_some_and(|cost| !is_money(cost)) {
            return Err(BudgetError::NotMoney("cost limit"));
        }
        let purse = Purse { budget, accounts: Mutex::default(), changed: Notify::new() };
        Self::in_purse(Arc::new(purse), model, price)
    }

    /// Opens the account of another model, which spends the same budget; fails as [`Ledger::new`] does.
    pub fn beside(&self, model: &str, price: Option<Price>) -> Result<Self, BudgetError> {
        Self::in_purse(Arc::clone(&self.purse), model, price)
    }

    fn in_purse(purse: Arc<Purse>, model: &str, price: Option<Price>) -> Result<Self, BudgetError> {
        if let Some(Price { prompt, completion }) = price
            && ![prompt, completion].into_iter().all(is_money)
        {
            return Err(BudgetError::NotMoney("price"));
        }
        if purse.budget.max_cost.is_some() && price.is_none() {
            return Err(BudgetError::NoPrice { model: model.into() });
        }
        Ok(Self::open(purse, price))
    }

    fn open(purse: Arc<Purse>, price: Option<Price>) -> Self {
        let mut accounts = purse.accounts();
        let place = accounts.len();
        accounts.push(Account { price, ..Account::default() });
        drop(accounts);
        Self { purse, place, price }
    }

    /// Opens an account without limits and without a price.
    pub fn unlimited() -> Self {
        let (budget, accounts) = (Budget::default(), Mutex::default());
        Self::open(Arc::new(Purse { budget, accounts, changed: Notify::new() }), None)
    }

    /// Counts tokens that earlier runs took against the limits.
    pub fn book_earlier(&self, prompt: u64, completion: u64) {
        self.change(|account| account.earlier = account.earlier.and(Tokens { prompt, completion }));
    }

    /// The cost of this many tokens in USD; `None` if the price is not known.
    pub fn cost_of(&self, prompt: u64, completion: u64) -> Option<f64> {
        self.price.map(|price| Tokens { prompt, completion }.cost(price))
    }

    /// Reserves what a request may take, the longest completion included.
    ///
    /// Waits while only the reservations of other requests are in the way, as they may take less;
    /// so a task that holds a reservation must not ask for a second one. Fails once what is spent
    /// leaves no room.
    pub async fn reserve(
        &self,
        prompt_tokens: u64,
        max_completion_tokens: u64,
    ) -> Result<Reservation<'_>, Exhausted> {
        let tokens = Tokens { prompt: prompt_tokens, completion: max_completion_tokens };
        loop {
            let mut changed = pin!(self.purse.changed.notified());
            // From here on no change is missed, also one between the answer and the wait.
            changed.as_mut().enable();
            match self.answer(tokens)? {
                Answer::Granted => {
                    return Ok(Reservation { ledger: self, tokens, is_settled: false });
                }
                Answer::Later => changed.await,
            }
        }
    }

    /// Returns what this model's settled requests took.
    pub fn spent(&self) -> Spent {
        self.change(|account| Spent {
            requests: account.requests,
            prompt_tokens: account.booked.prompt,
            completion_tokens: account.booked.completion,
            // Out of the sums: the order in which replies came makes no difference to it.
            cost: self
                .price
                .filter(|_| account.uncounted.total() == 0)
                .map(|price| account.booked.cost(price)),
        })
    }

    /// Grants room for a request, for all models under one lock.
    fn answer(&self, next: Tokens) -> Result<Answer, Exhausted> {
        let mut accounts = self.purse.accounts();
        let spent = |account: &Account| account.earlier.and(account.booked).and(account.uncounted);
        self.check(&accounts, spent, next)?;
        if self.check(&accounts, |account| spent(account).and(account.reserved), next).is_err() {
            return Ok(Answer::Later);
        }
        let account = &mut accounts[self.place];
        account.reserved = account.reserved.and(next);
        Ok(Answer::Granted)
    }

    /// Fails if `next` of this model and what all have `taken` pass a limit together.
    fn check(
        &self,
        accounts: &[Account],
        taken: impl Fn(&Account) -> Tokens,
        next: Tokens,
    ) -> Result<(), Exhausted> {
        let sum = |next: Tokens| {
            let amounts = accounts.iter().enumerate().map(|(place, account)| {
                let next = if place == self.place { next } else { Tokens::default() };
                taken(account).and(next).amount(account.price)
            });
            amounts.fold(Amount::NOTHING, Amount::and)
        };
        let (spent, together) = (sum(Tokens::default()), sum(next));
        let next = next.amount(self.price);
        if let Some(limit) = self.purse.budget.max_tokens
            && together.tokens > limit
        {
            return Err(Exhausted::Tokens { limit, spent: spent.tokens, next: next.tokens });
        }
        if let Some(limit) = self.purse.budget.max_cost
            && together.cost > limit
        {
            return Err(Exhausted::Cost { limit, spent: spent.cost, next: next.cost });
        }
        Ok(())
    }

    fn change<T>(&self, change: impl FnOnce(&mut Account) -> T) -> T {
        change(&mut self.purse.accounts()[self.place])
    }
}

impl Purse {
    fn accounts(&self) -> MutexGuard<'_, Vec<Account>> {
        // Nothing that can panic runs between two changes that belong together.
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Amount {
    const NOTHING: Self = Self { tokens: 0, cost: 0.0 };

    fn and(self, other: Self) -> Self {
        Self { tokens: self.tokens.saturating_add(other.tokens), cost: self.cost + other.cost }
    }
}

fn is_money(amount: f64) -> bool {
    amount.is_finite() && amount >= 0.0
}

impl Reservation<'_> {
    /// Books what the request took.
    ///
    /// A server that does not count its tokens would make every limit void: what was reserved counts against them, then.
    pub fn settle(mut self, usage: Usage) {
        let took = Tokens { prompt: usage.prompt_tokens, completion: usage.completion_tokens };
        self.ledger.change(|account| {
            account.requests += 1;
            match took.total() {
                0 => account.uncounted = account.uncounted.and(self.tokens),
                _ => account.booked = account.booked.and(took),
            }
            account.reserved = account.reserved.less(self.tokens);
        });
        self.is_settled = true;
        self.ledger.purse.changed.notify_waiters();
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if !self.is_settled {
            self.ledger.change(|account| account.reserved = account.reserved.less(self.tokens));
            self.ledger.purse.changed.notify_waiters();
        }
    }
}

impl Tokens {
    fn total(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }

    fn amount(self, price: Option<Price>) -> Amount {
        let cost = price.map_or(0.0, |price| self.cost(price));
        Amount { tokens: self.total(), cost }
    }

    fn cost(self, price: Price) -> f64 {
        (self.prompt as f64 * price.prompt + self.completion as f64 * price.completion) / 1e6
    }

    fn and(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.saturating_add(other.prompt),
            completion: self.completion.saturating_add(other.completion),
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.saturating_sub(other.prompt),
            completion: self.completion.saturating_sub(other.completion),
        }
    }
}

#[cfg(test)]
mod tests;
