//! Spends budgets, alone and from many tasks at once.
//!
//! Invariant: what is asserted holds for every order in which the tasks run.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;

use super::*;

const PRICE: Price = Price { prompt: 1.0, completion: 4.0 };

fn usage(prompt_tokens: u64, completion_tokens: u64) -> Usage {
    Usage { prompt_tokens, completion_tokens, ..Usage::default() }
}

fn ledger(max_cost: Option<f64>, max_tokens: Option<u64>) -> Ledger {
    Ledger::new("coder", Budget { max_cost, max_tokens }, Some(PRICE)).unwrap()
}

async fn is_pending<F: Future>(mut future: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

#[tokio::test]
async fn what_requests_took_is_booked_not_what_was_reserved() {
    let ledger = ledger(None, None);
    ledger.reserve(1000, 1000).await.unwrap().settle(usage(1_000_000, 500_000));
    ledger.reserve(1000, 1000).await.unwrap().settle(usage(2_000_000, 0));
    let spent = Spent {
        requests: 2,
        prompt_tokens: 3_000_000,
        completion_tokens: 500_000,
        cost: Some(5.0),
    };
    assert_eq!(ledger.spent(), spent);
}

#[tokio::test]
async fn without_a_price_there_is_no_cost() {
    let ledger =
        Ledger::new("coder", Budget { max_tokens: Some(10), ..Budget::default() }, None).unwrap();
    ledger.reserve(4, 6).await.unwrap().settle(usage(4, 6));
    assert_eq!(
        ledger.spent(),
        Spent { requests: 1, prompt_tokens: 4, completion_tokens: 6, cost: None }
    );
}

#[tokio::test]
async fn a_request_that_fits_exactly_goes_through_and_the_next_is_told_what_was_spent() {
    let ledger = ledger(None, Some(100));
    ledger.reserve(60, 40).await.unwrap().settle(usage(60, 38));
    let error = ledger.reserve(2, 1).await.err().unwrap();
    assert_eq!(error, Exhausted::Tokens { limit: 100, spent: 98, next: 3 });
    assert_eq!(
        error.to_string(),
        "the budget of 100 tokens is too small: 98 are spent, and the next request may take 3"
    );
    ledger.reserve(1, 1).await.unwrap().settle(usage(1, 1));
}

#[tokio::test]
async fn a_cost_that_is_used_up_is_told_in_usd() {
    let ledger = ledger(Some(5.0), None);
    ledger.reserve(1_000_000, 1_000_000).await.unwrap().settle(usage(1_000_000, 750_000));
    let error = ledger.reserve(0, 500_000).await.err().unwrap();
    assert_eq!(error, Exhausted::Cost { limit: 5.0, spent: 4.0, next: 2.0 });
    assert_eq!(
        error.to_string(),
        "the budget of 5 USD is too small: 4.0000 USD are spent, and the next request may take 2.0000"
    );
}

#[tokio::test]
async fn a_reservation_that_is_dropped_leaves_no_trace() {
    let ledger = ledger(None, Some(100));
    drop(ledger.reserve(50, 50).await.unwrap());
    drop(ledger.reserve(50, 50).await.unwrap());
    assert_eq!(ledger.spent(), Spent { cost: Some(0.0), ..Spent::default() });
}

#[tokio::test]
async fn a_request_waits_for_others_that_may_take_less_than_reserved() {
    let ledger = ledger(None, Some(100));
    let first = ledger.reserve(10, 70).await.unwrap();
    let mut second = std::pin::pin!(ledger.reserve(10, 70));
    assert!(is_pending(second.as_mut()).await);
    first.settle(usage(10, 10));
    second.await.unwrap().settle(usage(10, 10));
    assert_eq!(ledger.spent().completion_tokens, 20);
}

#[tokio::test]
async fn a_request_that_waited_in_vain_is_told_so() {
    let ledger = ledger(None, Some(100));
    let first = ledger.reserve(10, 70).await.unwrap();
    let mut second = std::pin::pin!(ledger.reserve(10, 70));
    assert!(is_pending(second.as_mut()).await);
    first.settle(usage(10, 70));
    assert_eq!(second.await.err(), Some(Exhausted::Tokens { limit: 100, spent: 80, next: 80 }));
}

#[tokio::test]
async fn what_a_server_does_not_count_counts_as_reserved_and_its_cost_is_not_known() {
    let ledger = ledger(None, Some(100));
    ledger.reserve(10, 20).await.unwrap().settle(usage(10, 20));
    ledger.reserve(10, 50).await.unwrap().settle(Usage::default());
    assert_eq!(
        ledger.spent(),
        Spent { requests: 2, prompt_tokens: 10, completion_tokens: 20, cost: None }
    );
    assert!(ledger.reserve(10, 50).await.is_err());
}

#[tokio::test]
async fn numbers_that_no_server_should_send_do_not_overflow() {
    let ledger = ledger(Some(1.0), Some(u64::MAX));
    ledger.reserve(1, 1).await.unwrap().settle(usage(u64::MAX, u64::MAX));
    assert!(matches!(ledger.reserve(1, 1).await, Err(Exhausted::Cost { .. })));
    assert!(ledger.reserve(u64::MAX, u64::MAX).await.is_err());
}

/// Lets 64 tasks spend until the budget is used up; `took` is what a task's n-th request takes.
/// Returns what they took.
async fn spend(ledger: &Arc<Ledger>, reserve: (u64, u64), took: fn(u64, u64) -> Usage) -> Spent {
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let ledger = Arc::clone(ledger);
            tokio::spawn(async move {
                let mut own = Spent::default();
                while let Ok(reservation) = ledger.reserve(reserve.0, reserve.1).await {
                    tokio::task::yield_now().await;
                    if (task + own.requests) % 5 == 4 {
                        drop(reservation); // A request that failed.
                        own.requests += 1;
                        continue;
                    }
                    let usage = took(task, own.requests);
                    reservation.settle(usage);
                    own.requests += 1;
                    own.prompt_tokens += usage.prompt_tokens;
                    own.completion_tokens += usage.completion_tokens;
                }
                own
            })
        })
        .collect();
    let mut sum = Spent::default();
    for task in tasks {
        let own = task.await.unwrap();
        sum.prompt_tokens += own.prompt_tokens;
        sum.completion_tokens += own.completion_tokens;
    }
    sum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_spend_a_budget_to_its_end_and_not_beyond() {
    let limit = 100_000;
    let ledger = Arc::new(ledger(None, Some(limit)));
    let sum =
        spend(&ledger, (10, 40), |task, number| usage(10, (task * 7 + number * 13) % 41)).await;
    let spent = ledger.spent();
    assert_eq!(
        (spent.prompt_tokens, spent.completion_tokens),
        (sum.prompt_tokens, sum.completion_tokens)
    );
    let total = spent.prompt_tokens + spent.completion_tokens;
    assert!(total <= limit && total + 50 > limit, "{total}");
    assert_eq!(
        spent.cost,
        Some((sum.prompt_tokens as f64 + sum.completion_tokens as f64 * 4.0) / 1e6)
    );
    assert_eq!(ledger.change(|account| account.reserved.total()), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_pass_a_cost_by_no_more_than_their_replies_are_longer_than_estimated() {
    let ledger = Arc::new(ledger(Some(0.05), None));
    // Each takes 5 tokens of prompt more than estimated.
    let sum = spend(&ledger, (10, 10), |_, _| usage(15, 10)).await;
    let cost = ledger.spent().cost.unwrap();
    assert_eq!(cost, (sum.prompt_tokens as f64 + sum.completion_tokens as f64 * 4.0) / 1e6);
    assert!(cost <= 0.05 + 64.0 * 5.0 / 1e6, "{cost}");
    assert!(cost + 50.0 / 1e6 > 0.05, "{cost}");
}

#[test]
fn a_limit_of_the_cost_needs_a_price_and_tells_what_to_add() {
    let budget = Budget { max_cost: Some(1.0), max_tokens: None };
    let error = Ledger::new("qwen/coder-7b", budget, None).err().unwrap().to_string();
    let line = error.split('`').nth(1).unwrap();
    let settings: BTreeMap<String, Price> = toml::from_str(line).unwrap();
    assert_eq!(settings["price"], Price { prompt: 0.15, completion: 0.6 });
}

#[tokio::test]
async fn what_earlier_runs_took_counts_against_the_limits_and_is_no_spending_of_this_one() {
    let budget = Budget { max_tokens: Some(100), max_cost: None };
    let ledger = Ledger::new("m", budget, Some(PRICE)).unwrap();
    ledger.book_earlier(60, 30);
    assert_eq!(ledger.spent().cost, Some(0.0));
    assert_eq!(
        ledger.reserve(6, 5).await.err(),
        Some(Exhausted::Tokens { limit: 100, spent: 90, next: 11 })
    );
    assert!(ledger.reserve(5, 5).await.is_ok());
}

#[test]
fn amounts_that_are_no_money_are_refused() {
    for max_cost in [-1.0, f64::NAN, f64::INFINITY] {
        let budget = Budget { max_cost: Some(max_cost), max_tokens: None };
        assert_eq!(
            Ledger::new("m", budget, Some(PRICE)).err(),
            Some(BudgetError::NotMoney("cost limit"))
        );
    }
    for price in [Price { prompt: -0.1, ..PRICE }, Price { completion: f64::NAN, ..PRICE }] {
        assert_eq!(
            Ledger::new("m", Budget::default(), Some(price)).err(),
            Some(BudgetError::NotMoney("price"))
        );
    }
}

#[test]
fn four_bytes_are_a_token_and_a_part_of_one_is_one() {
    assert_eq!([0, 1, 4, 5, 4000].map(estimate_tokens), [0, 1, 1, 2, 1000]);
}

#[tokio::test]
async fn a_dear_and_a_cheap_model_spend_one_budget_in_usd() {
    let budget = Budget { max_cost: Some(10.0), max_tokens: None };
    let price = |usd: f64| Some(Price { prompt: usd, completion: usd });
    let dear = Ledger::new("dear", budget, price(8.0)).unwrap();
    let cheap = dear.beside("cheap", price(1.0)).unwrap();
    let room = dear.reserve(1_000_000, 0).await.unwrap();
    room.settle(Usage { prompt_tokens: 1_000_000, ..Usage::default() });
    let error = dear.reserve(500_000, 0).await.err().unwrap();
    assert_eq!(error, Exhausted::Cost { limit: 10.0, spent: 8.0, next: 4.0 });
    let room = cheap.reserve(2_000_000, 0).await.unwrap();
    room.settle(Usage { prompt_tokens: 2_000_000, ..Usage::default() });
    let error = cheap.reserve(500_000, 0).await.err().unwrap();
    assert_eq!(error, Exhausted::Cost { limit: 10.0, spent: 10.0, next: 0.5 });
    assert_eq!((dear.spent().cost, cheap.spent().cost), (Some(8.0), Some(2.0)));
    assert_eq!(
        dear.beside("unpriced", None).err(),
        Some(BudgetError::NoPrice { model: "unpriced".into() })
    );
}

#[tokio::test]
async fn a_model_waits_for_the_reservation_of_another() {
    let budget = Budget { max_tokens: Some(100), max_cost: None };
    let first = Ledger::new("first", budget, None).unwrap();
    let second = first.beside("second", None).unwrap();
    let room = first.reserve(80, 0).await.unwrap();
    let mut waiting = Box::pin(second.reserve(50, 0));
    assert!((&mut waiting).now_or_never().is_none());
    room.settle(Usage { prompt_tokens: 10, ..Usage::default() });
    assert!(waiting.await.is_ok());
}
