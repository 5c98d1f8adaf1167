//! Who is served.
//!
//! Invariant: without a token, only programs of this machine are served, and no page in a browser, whatever name it gives this machine.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};

use super::reply::Refusal;
use crate::remote::Secret;

/// Checks a request's headers.
pub fn admit(headers: &HeaderMap, token: Option<&Secret>) -> Result<(), Refusal> {
    match token {
        Some(token) => {
            let given = headers.get(AUTHORIZATION).map_or(&[][..], |value| value.as_bytes());
            let bearer = given.split_at_checked(BEARER.len());
            let is_right = bearer.is_some_and(|(scheme, given)| {
                scheme.eq_ignore_ascii_case(BEARER) && token.is(given)
            });
            if is_right { Ok(()) } else { Err(Refusal::Unauthorized) }
        }
        // A browser says where a page comes from; a page whose name was made to lead here still has that name as its host.
        None if headers.contains_key(ORIGIN) => Err(Refusal::Foreign),
        None => match headers.get(HOST).map(|host| host.to_str()) {
            None => Ok(()),
            Some(Ok(host)) if is_this_machine(host) => Ok(()),
            Some(_) => Err(Refusal::Foreign),
        },
    }
}

const BEARER: &[u8] = b"Bearer ";

/// Whether a host, perhaps with a port, is a name that this machine has for itself.
fn is_this_machine(host: &str) -> bool {
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let name =
        host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    address.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(hyper::header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_host_is_this_machine_only_under_its_own_names() {
        for host in
            ["localhost", "LocalHost:8080", "127.0.0.1", "127.1.2.3:1", "[::1]:8080", "[::1]"]
        {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8080",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn a_request_of_a_page_is_refused_without_a_token() {
        let refused = |pairs: &[_]| admit(&headers(pairs), None);
        assert_eq!(refused(&[(HOST, "localhost:1")]), Ok(()));
        assert_eq!(refused(&[(HOST, "evil.example")]), Err(Refusal::Foreign));
        let page = [(HOST, "localhost:1"), (ORIGIN, "https://evil.example")];
        assert_eq!(refused(&page), Err(Refusal::Foreign));
    }

    #[test]
    fn a_token_is_compared_as_a_whole() {
        let token = Secret::new("s3cret");
        let given = |text: &str| admit(&headers(&[(AUTHORIZATION, text)]), Some(&token));
        assert_eq!(given("Bearer s3cret"), Ok(()));
        assert_eq!(given("bearer s3cret"), Ok(()));
        for wrong in
            ["Bearer s3cre", "Bearer s3crets", "Bearer ", "Bearer", "s3cret", "Basic s3cret", ""]
        {
            assert_eq!(given(wrong), Err(Refusal::Unauthorized), "{wrong}");
        }
        assert_eq!(admit(&HeaderMap::new(), Some(&token)), Err(Refusal::Unauthorized));
    }
}
