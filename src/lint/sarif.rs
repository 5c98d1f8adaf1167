//! Findings as SARIF 2.1.0, which code hosts and editors read.
//!
//! Invariant: every rule that is found is described once, and each result refers to it by its index.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Finding, Severity};

/// The findings of several programs, each by its id or address, as one run.
pub fn sarif(results: &[(String, Vec<Finding>)]) -> Value {
    let all = || results.iter().flat_map(|(_, findings)| findings);
    let rules: BTreeMap<&str, &Finding> =
        all().map(|finding| (finding.rule.as_str(), finding)).collect();
    let index = |rule: &str| rules.keys().position(|&key| key == rule);
    let described: Vec<Value> = rules.values().map(|finding| described(finding)).collect();
    let results: Vec<Value> = results
        .iter()
        .flat_map(|(uri, findings)| {
            findings.iter().map(|finding| {
                json!({
                    "ruleId": finding.rule,
                    "ruleIndex": index(&finding.rule),
                    "level": level(finding.severity),
                    "message": {"text": finding.message},
                    "locations": [{"physicalLocation": {
                        "artifactLocation": {"uri": encoded(uri)},
                        "region": {
                            "startLine": finding.line,
                            "startColumn": finding.column,
                            "endLine": finding.end_line,
                            "endColumn": finding.end_column,
                        },
                    }}],
                })
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tgsand",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": described,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn described(finding: &Finding) -> Value {
    let mut rule = json!({
        "id": finding.rule,
        "name": finding.name,
        "shortDescription": {"text": finding.name.replace('-', " ")},
        "defaultConfiguration": {"level": level(finding.severity)},
    });
    if let Some(cwe) = finding.cwe {
        rule["properties"] = json!({"tags": ["security", format!("external/cwe/cwe-{cwe:03}")]});
    }
    rule
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// An id as a reference that URIs allow: everything but what is never special is written in percent.
fn encoded(id: &str) -> String {
    let mut uri = String::with_capacity(id.len());
    for byte in id.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
