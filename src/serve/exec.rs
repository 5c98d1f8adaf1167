//! `POST /v1/exec`: jobs as `tgsand exec` takes them: one, a list of them, or one a line.
//!
//! Invariant: there is one answer for each job, in the order of the jobs.

use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use hyper::StatusCode;

use super::job::{self, ErrorLine, Id, Line, MAX_VALUES};
use super::queue::Room;
use super::reply::Reply;
use super::{Ran, Server};
use crate::json;

/// Bytes of answers that one request may have; jobs after that are not run.
const MAX_ANSWERS: usize = 64 << 20;

/// The answer to one job, as it is written.
struct Answer {
    status: StatusCode,
    text: Vec<u8>,
    room: Option<Room>,
}

impl Answer {
    fn failed(status: StatusCode, id: &Id, error: &str) -> Self {
        let text = serde_json::to_vec(&ErrorLine { id, error }).expect("an error is plain data");
        Self { status, text, room: None }
    }
}

/// Runs the jobs of a body.
pub async fn answer(server: &Server, body: &[u8]) -> Reply {
    if json::values_at_most(body) > MAX_VALUES {
        let error = format!("the body has more than {MAX_VALUES} JSON values");
        let answer = Answer::failed(StatusCode::BAD_REQUEST, &job::no_id(), &error);
        return Reply::written(answer.status, answer.text);
    }
    match jobs(body) {
        Jobs::One => {
            let Answer { status, text, room } = run(server, body).await;
            Reply::written(status, text).holding(room)
        }
        Jobs::List(jobs) => {
            let (texts, rooms) = run_all(server, &jobs).await;
            let list = [b"[".as_slice(), &texts.join(&b','), b"]"].concat();
            Reply::written(StatusCode::OK, list).holding(rooms)
        }
        Jobs::Lines(jobs) => {
            let (mut texts, rooms) = run_all(server, &jobs).await;
            texts.push(Vec::new());
            Reply::lines(texts.join(&b'\n')).holding(rooms)
        }
    }
}

/// How a body holds its jobs.
enum Jobs<'b> {
    One,
    List(Vec<&'b [u8]>),
    Lines(Vec<&'b [u8]>),
}

fn jobs(body: &[u8]) -> Jobs<'_> {
    let Ok(text) = std::str::from_utf8(body) else { return Jobs::One };
    if let Ok(elements) = json::elements(text) {
        return Jobs::List(elements.into_iter().map(str::as_bytes).collect());
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<&[u8]> = lines.map(str::as_bytes).collect();
    let is_one_line =
        |line: &&[u8]| std::str::from_utf8(line).is_ok_and(|line| json::fields(line).is_ok());
    if lines.len() > 1 && lines.first().is_some_and(is_one_line) {
        Jobs::Lines(lines)
    } else {
        Jobs::One
    }
}

/// Runs several jobs, as many at a time as there are threads.
async fn run_all(server: &Server, jobs: &[&[u8]]) -> (Vec<Vec<u8>>, Vec<Room>) {
    // Boxed and collected, since the compiler does not see that a stream of closures may be sent.
    let runs: Vec<_> = jobs.iter().map(|job| run(server, job).boxed()).collect();
    let mut running = stream::iter(runs).buffered(server.options.threads);
    let (mut texts, mut rooms, mut bytes) = (Vec::new(), Vec::new(), 0);
    while let Some(answer) = running.next().await {
        bytes += answer.text.len();
        texts.push(answer.text);
        rooms.extend(answer.room);
        if bytes > MAX_ANSWERS {
            break;
        }
    }
    let error = format!("not run: the answers of one request have at most {MAX_ANSWERS} bytes");
    for job in &jobs[texts.len()..] {
        let (id, _) = job::read(job, server.options.bounds.default, server.languages.default());
        texts.push(Answer::failed(StatusCode::OK, &id, &error).text);
    }
    (texts, rooms)
}

/// Runs one job, and writes its answer.
async fn run(server: &Server, text: &[u8]) -> Answer {
    let bounds = &server.options.bounds;
    let (id, job) = job::read(text, bounds.default, server.languages.default());
    let job = job.and_then(|(job, runtime)| bounds.check(&job).map(|()| (job, runtime)));
    let (job, runtime) = match job {
        Ok(job) => job,
        Err(error) => return Answer::failed(StatusCode::BAD_REQUEST, &id, &error),
    };
    let sandbox = match server.languages.runtime(&runtime).await {
        Ok(sandbox) => sandbox,
        Err(error) => return Answer::failed(StatusCode::BAD_REQUEST, &id, &error),
    };
    if let Err(error) = sandbox.check(&job) {
        return Answer::failed(StatusCode::BAD_REQUEST, &id, &error.to_string());
    }
    let runtime = sandbox.fingerprint().to_owned();
    match server.run(sandbox, job).await {
        Ok(Ran { execution, room, .. }) => {
            let line = Line { id: &id, execution: &execution, runtime: &runtime };
            let text = serde_json::to_vec(&line).expect("an execution is plain data");
            Answer { status: StatusCode::OK, text, room: Some(room) }
        }
        Err(error) => Answer::failed(StatusCode::INTERNAL_SERVER_ERROR, &id, &error),
    }
}
