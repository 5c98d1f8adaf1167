//! Files of datasets on the Hugging Face hub, by `hf://owner/name`.
//!
//! Invariant: a file in the cache is whole, and lies under the commit that it is of; a rerun does not download it again.

mod address;
mod download;

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, StatusCode};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::report::stderr::tell;
use crate::report::{counted, with_causes};
use crate::sandbox::runtime::home;
use address::{Address, is_plain_path};

const ENDPOINT: &str = "https://huggingface.co";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest pause within a reply.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// The names of files that rows can be read from.
const DATA: [&str; 5] = [".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".json"];
/// Files that are named if there is none to choose.
const LISTED: usize = 8;

/// A file to read, which may come from the hub.
pub struct Source {
    pub path: PathBuf,
    /// The name in reports and rows: the path, or the address on the hub with the commit.
    pub name: String,
}

/// The hub, as the environment states it: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`.
struct Hub {
    endpoint: String,
    /// Absent if nothing may be asked.
    client: Option<Client>,
    cache: PathBuf,
}

/// A dataset in one commit.
#[derive(Deserialize)]
struct Listing {
    sha: String,
    siblings: Vec<Sibling>,
}

/// A file of a dataset.
#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    #[serde(default)]
    sha256: Option<String>,
}

/// Why the hub gives no listing.
enum Refusal {
    /// It cannot be reached, or must not be.
    Unreachable(String),
    Answered(String),
}

impl Source {
    /// A path as it is, and `hf://owner/name[@revision][/file]` downloaded, unless it is in the cache.
    pub fn open(path: &Path) -> Result<Self> {
        let text = path.to_string_lossy();
        let Some(rest) = text.strip_prefix("hf://") else {
            return Ok(Self { path: path.to_owned(), name: path.display().to_string() });
        };
        let failed = |why: String| Error::input(path)(std::io::Error::other(why));
        let address = Address::parse(rest).map_err(failed)?;
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let tokio = tokio.map_err(Error::io("the async runtime"))?;
        let hub = Hub::from_env().map_err(failed)?;
        let (path, name) = tokio.block_on(hub.file(&address)).map_err(failed)?;
        Ok(Self { path, name })
    }
}

impl Hub {
    fn from_env() -> Result<Self, String> {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let is_offline = set("HF_HUB_OFFLINE").is_some_and(|value| value != "0");
        let client = (!is_offline).then(|| client(&endpoint, set("HF_TOKEN"))).transpose()?;
        Ok(Self { endpoint, client, cache: home().join("datasets") })
    }

    /// The path and the name of a file.
    async fn file(&self, address: &Address) -> Result<(PathBuf, String), String> {
        let Address { id, revision, file } = address;
        let folder = self.cache.join(id.replace('/', "--"));
        if let Some(file) = file {
            // A commit does not change, so that its files need not be asked for.
            let path = folder.join(revision).join(file);
            if address.is_commit() && path.is_file() {
                return Ok((path, address.name(revision, file)));
            }
        }
        let note = folder.join("refs").join(revision.replace('/', "--"));
        let listing = match self.listing(address).await {
            Ok(listing) => listing,
            Err(Refusal::Answered(why)) => return Err(why),
            Err(Refusal::Unreachable(why)) => {
                let known = std::fs::read_to_string(&note).ok();
                let known = known.as_deref().map(str::trim).filter(|sha| is_sha(sha));
                let file = known.and_then(|sha| cached(&folder.join(sha), file.as_deref()));
                let (Some(sha), Some(file)) = (known, file) else {
                    return Err(format!(
                        "{why}, and it is not in {}; download the file elsewhere and name its path instead, or set HF_ENDPOINT to a mirror",
                        self.cache.display()
                    ));
                };
                tell!("tgsand: {why}; using commit {sha} of {id} in {}", self.cache.display());
                return Ok((folder.join(sha).join(&file), address.name(sha, &file)));
            }
        };
        let Listing { sha, siblings } = listing;
        if !is_sha(&sha) {
            return Err(format!("{} names the commit {sha:?}, which is not one", self.endpoint));
        }
        let sibling = choose(address, &siblings)?;
        let path = folder.join(&sha).join(&sibling.rfilename);
        if !path.is_file() {
            let client = self.client.as_ref().ok_or("HF_HUB_OFFLINE is set")?;
            let url =
                format!("{}/datasets/{id}/resolve/{sha}/{}", self.endpoint, sibling.rfilename);
            let expected = download::Expected {
                size: sibling.size,
                sha256: sibling.lfs.as_ref().and_then(|lfs| lfs.sha256.clone()),
            };
            let size = sibling
                .size
                .map_or_else(String::new, |size| format!(" ({})", indicatif::HumanBytes(size)));
            tell!("tgsand: downloading {}{size}", sibling.rfilename);
            download::download(client, &url, &path, &expected).await?;
        }
        download::write(&note, &sha).map_err(|error| format!("{}: {error}", note.display()))?;
        Ok((path, address.name(&sha, &sibling.rfilename)))
    }

    async fn listing(&self, address: &Address) -> Result<Listing, Refusal> {
        let Address { id, revision, .. } = address;
        let endpoint = &self.endpoint;
        let Some(client) = &self.client else {
            let why = format!("HF_HUB_OFFLINE is set, so {id} is not looked up");
            return Err(Refusal::Unreachable(why));
        };
        let url = format!("{endpoint}/api/datasets/{id}/revision/{revision}?blobs=true");
        let unreachable = |error: reqwest::Error| {
            Refusal::Unreachable(format!("{endpoint} cannot be reached: {}", with_causes(&error)))
        };
        let reply = client.get(&url).send().await.map_err(unreachable)?;
        let status = reply.status();
        let refused = |why: String| Err(Refusal::Answered(why));
        match status {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return refused(format!(
                    "the hub does not give access to {id} (status {}): it does not exist, or is private or gated; HF_TOKEN is the token for those",
                    status.as_u16()
                ));
            }
            StatusCode::NOT_FOUND => {
                return refused(format!(
                    "the hub has no dataset {id} with the revision {revision}"
                ));
            }
            status if status.is_server_error() => {
                let why = format!("{endpoint} answers with status {}", status.as_u16());
                return Err(Refusal::Unreachable(why));
            }
            status => {
                return refused(format!("{endpoint} answers with status {}", status.as_u16()));
            }
        }
        let body = reply.bytes().await.map_err(unreachable)?;
        serde_json::from_slice(&body).or_else(|error| {
            refused(format!("{endpoint} does not list the files of {id}: {error}"))
        })
    }
}

fn client(endpoint: &str, token: Option<String>) -> Result<Client, String> {
    // It fails if the process has a provider already, which will do as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let value = HeaderValue::from_str(&format!("Bearer {}", token.trim()));
        let mut value =
            value.map_err(|_| "HF_TOKEN has characters that HTTP headers do not allow")?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let mut builder = Client::builder()
        .default_headers(headers)
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT);
    if endpoint.starts_with("http://") {
        // Without this, a machine without CA certificates could not even reach a plain server.
        builder = builder.tls_certs_only([]).no_proxy();
    }
    builder.build().map_err(|error| with_causes(&error))
}

/// The file that an address means.
fn choose<'s>(address: &Address, siblings: &'s [Sibling]) -> Result<&'s Sibling, String> {
    let Address { id, file, .. } = address;
    let is_data = |sibling: &&Sibling| {
        let name = sibling.rfilename.as_str();
        is_plain_path(name)
            && name != "dataset_infos.json"
            && DATA.iter().any(|end| name.ends_with(end))
    };
    if let Some(file) = file
        && let Some(found) = siblings.iter().find(|sibling| sibling.rfilename == *file)
    {
        return Ok(found);
    }
    let data: Vec<&Sibling> = siblings.iter().filter(is_data).collect();
    let mut names = data
        .iter()
        .take(LISTED)
        .map(|sibling| sibling.rfilename.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    if data.len() > LISTED {
        names.push_str(" and more");
    }
    match (file, &data[..]) {
        (Some(file), []) => Err(format!("{id} has no file {file}, nor any other with rows")),
        (Some(file), _) => Err(format!("{id} has no file {file}; it has {names}")),
        (None, [only]) => Ok(only),
        (None, []) => Err(format!("{id} has no file of rows ({})", DATA.join(", "))),
        (None, files) => Err(format!(
            "{id} has {}; name one, such as hf://{id}/{}: {names}",
            counted(files.len(), "file"),
            files.first().map_or("", |file| &file.rfilename)
        )),
    }
}

/// The file of a commit in the cache: the one that is named, or the only one.
fn cached(commit: &Path, file: Option<&str>) -> Option<String> {
    if let Some(file) = file {
        return commit.join(file).is_file().then(|| file.to_owned());
    }
    let files = walkdir::WalkDir::new(commit).into_iter().filter_map(|entry| {
        let path = entry.ok().filter(|entry| entry.file_type().is_file())?.into_path();
        let name = path.strip_prefix(commit).ok()?.to_str()?.to_owned();
        DATA.iter().any(|end| name.ends_with(end)).then_some(name)
    });
    let files: Vec<String> = files.collect();
    match &files[..] {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// Whether a text is a commit: what it names becomes a folder.
fn is_sha(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
