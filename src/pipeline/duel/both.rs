//! Two questions at once.
//!
//! Invariant: both are asked, even if one fails: an estimate counts both, and a reply on its way is waited for.

use futures_util::future::join;

use crate::error::Result;

/// Asks two questions and gives both answers.
pub(super) async fn both<A, B>(
    first: impl Future<Output = Result<A>>,
    second: impl Future<Output = Result<B>>,
) -> Result<(A, B)> {
    let (first, second) = join(first, second).await;
    Ok((first?, second?))
}
