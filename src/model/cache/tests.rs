//! Fills caches in temporary folders, ages, breaks and prunes them.
//!
//! Invariant: no assertion depends on the clock; what is old is put with an old time.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use super::*;
use crate::model::{Request, Sampling, Usage};

const DAY: i64 = 24 * 60 * 60;
/// A time that all others are counted from.
const START: i64 = 1_700_000_000;

fn key(number: usize) -> Key {
    Key::of("coder", &Request::new("be brief", number.to_string(), Sampling::default()))
}

/// A model of this name, on the server of all these tests.
fn named(model: &str) -> Identity {
    Identity::unlisted(model, "http://localhost/v1")
}

fn got(cache: &Cache, number: usize) -> Option<Completion> {
    cache.get(&key(number), &named("coder")).unwrap().map(|kept| kept.completion)
}

fn reply(text: &str) -> Completion {
    let usage = Usage { prompt_tokens: 3, completion_tokens: 2, ..Usage::default() };
    Completion {
        text: text.into(),
        reasoning: Some("hm".into()),
        finish: Finish::Stop,
        usage,
        system_fingerprint: None,
    }
}

fn at(days: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs((START + days * DAY) as u64)
}

fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/replies.sqlite");
    (folder, path)
}

/// A cache with so many replies of `len` bytes, one a day.
fn filled(path: &Path, count: usize, len: usize) -> Cache {
    let cache = Cache::open(path).unwrap();
    for number in 0..count {
        assert!(
            cache
                .put_at(
                    &key(number),
                    &named("coder"),
                    &reply(&"x".repeat(len)),
                    START + number as i64 * DAY
                )
                .unwrap()
        );
    }
    cache
}

fn kept(cache: &Cache, count: usize) -> Vec<usize> {
    (0..count)
        .filter(|&number| cache.get_at(&key(number), None, START).unwrap().is_some())
        .collect()
}

fn problem(path: &Path) -> StoreError {
    Cache::open(path).err().expect("the cache cannot be used")
}

#[test]
fn a_reply_is_found_again_as_it_was_also_after_reopening() {
    let (_folder, path) = place();
    let whole = Completion { reasoning: None, ..reply("return 'ü\0\n'") };
    {
        let cache = Cache::open(&path).unwrap();
        assert!(cache.put(&key(1), &named("coder"), &whole).unwrap());
        assert_eq!(got(&cache, 1), Some(whole.clone()));
    }
    let cache = Cache::open(&path).unwrap();
    assert_eq!(got(&cache, 1), Some(whole));
    assert_eq!(got(&cache, 2), None);
}

#[test]
fn the_first_reply_under_a_key_stays() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    assert!(cache.put(&key(1), &named("coder"), &reply("first")).unwrap());
    assert!(!cache.put(&key(1), &named("coder"), &reply("second")).unwrap());
    assert_eq!(got(&cache, 1), Some(reply("first")));
    assert_eq!(cache.stats().unwrap().entries, 1);
}

#[test]
fn a_reply_that_is_cut_or_filtered_or_blank_is_not_kept() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    for poor in [
        Completion { finish: Finish::Length, ..reply("1 +") },
        Completion { finish: Finish::Other("content_filter".into()), ..reply("1") },
        Completion { finish: Finish::Other(String::new()), ..reply("1") },
        reply(" \n"),
    ] {
        assert!(!cache.put(&key(1), &named("coder"), &poor).unwrap(), "{poor:?}");
        assert_eq!(got(&cache, 1), None);
    }
}

#[test]
fn stats_tell_each_models_share() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    cache.put_at(&key(1), &named("b"), &reply("1"), START).unwrap();
    cache.put_at(&key(2), &named("a"), &reply("2"), START + 5).unwrap();
    cache.put_at(&key(3), &named("a"), &reply("3"), START + 1).unwrap();
    let stats = cache.stats().unwrap();
    let model = |model: &str, count, oldest: i64, newest: i64| CachedModel {
        model: model.into(),
        entries: count,
        prompt_tokens: 3 * count,
        completion_tokens: 2 * count,
        oldest: oldest as u64,
        newest: newest as u64,
    };
    assert_eq!(stats.models, [model("a", 2, START + 1, START + 5), model("b", 1, START, START)]);
    assert_eq!(stats.entries, 3);
    let file = fs::metadata(&path).unwrap().len();
    assert_eq!(stats.bytes, file + fs::metadata(path.with_extension("sqlite-wal")).unwrap().len());
}

#[test]
fn token_counts_that_no_reply_can_have_do_not_overflow_the_sums() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    for number in 0..3 {
        let usage =
            Usage { prompt_tokens: u64::MAX, completion_tokens: 1 << 63, ..Usage::default() };
        cache.put(&key(number), &named("coder"), &Completion { usage, ..reply("1") }).unwrap();
    }
    assert_eq!(cache.stats().unwrap().models[0].prompt_tokens, 3 * u64::from(u32::MAX));
    assert_eq!(
        cache.get(&key(0), &named("coder")).unwrap().unwrap().completion.usage.prompt_tokens,
        u64::MAX
    );
}

#[test]
fn pruning_by_age_keeps_what_was_used_since() {
    let (_folder, path) = place();
    let cache = filled(&path, 10, 10);
    assert!(cache.get_at(&key(2), Some(&named("coder")), START + 20 * DAY).unwrap().is_some());
    let prune =
        Prune { unused_for: Some(Duration::from_secs(15 * DAY as u64)), ..Prune::default() };
    let pruned = cache.prune(&prune, at(22)).unwrap();
    assert_eq!(pruned.entries, 7);
    assert_eq!(kept(&cache, 10), [2, 8, 9]);
}

#[test]
fn a_use_is_known_after_reopening_but_not_every_use_is_written() {
    let (_folder, path) = place();
    filled(&path, 1, 10).get_at(&key(0), Some(&named("coder")), START + 20 * DAY).unwrap();
    let cache = Cache::open(&path).unwrap();
    let used = |cache: &Cache| {
        let state = cache.state();
        state
            .connection
            .query_row("SELECT used FROM replies", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    assert_eq!(used(&cache), START + 20 * DAY);
    cache.get_at(&key(0), Some(&named("coder")), START + 21 * DAY - 1).unwrap();
    assert_eq!(cache.state().uses, []);
    for _ in 0..USES_AT_ONCE {
        cache.get_at(&key(0), Some(&named("coder")), START + 30 * DAY).unwrap();
    }
    assert_eq!(used(&cache), START + 30 * DAY);
}

#[test]
fn pruning_a_model_leaves_the_others() {
    let (_folder, path) = place();
    let cache = filled(&path, 5, 10);
    cache.put_at(&key(7), &named("other"), &reply("7"), START).unwrap();
    let model = Some("other".to_owned());
    let young = Prune {
        model: model.clone(),
        unused_for: Some(Duration::from_secs(DAY as u64)),
        down_to: None,
    };
    assert_eq!(cache.prune(&young, at(0)).unwrap().entries, 0);
    assert_eq!(cache.prune(&Prune { model, ..Prune::default() }, at(0)).unwrap().entries, 1);
    assert_eq!(kept(&cache, 8), [0, 1, 2, 3, 4]);
}

#[test]
fn pruning_to_a_size_takes_the_longest_unused_and_gives_the_room_back() {
    for len in [10, 700, 5_000] {
        let (_folder, path) = place();
        let cache = filled(&path, 300, len);
        let whole =
            cache.prune(&Prune { down_to: Some(u64::MAX), ..Prune::default() }, at(0)).unwrap();
        assert_eq!(whole.entries, 0);
        let before = cache.stats().unwrap().bytes;
        let limit = before / 2;
        let pruned =
            cache.prune(&Prune { down_to: Some(limit), ..Prune::default() }, at(0)).unwrap();
        let after = cache.stats().unwrap();
        assert!(after.bytes <= limit, "{len}: {after:?}");
        assert!(after.bytes > limit / 2, "{len}: more went than had to, {after:?}");
        assert_eq!(pruned, Pruned { entries: 300 - after.entries, bytes: before - after.bytes });
        assert_eq!(kept(&cache, 300), (300 - after.entries as usize..300).collect::<Vec<_>>());
    }
}

#[test]
fn pruning_to_no_size_at_all_or_everything_leaves_a_usable_cache() {
    for prune in [Prune { down_to: Some(0), ..Prune::default() }, Prune::default()] {
        let (_folder, path) = place();
        let cache = filled(&path, 20, 100);
        assert_eq!(cache.prune(&prune, at(0)).unwrap().entries, 20);
        assert_eq!(cache.stats().unwrap().models, []);
        assert!(cache.put(&key(1), &named("coder"), &reply("again")).unwrap());
    }
}

#[test]
fn a_model_is_pruned_to_a_size_without_touching_the_others() {
    let (_folder, path) = place();
    let cache = filled(&path, 100, 1_000);
    cache.put_at(&key(500), &named("other"), &reply("old"), START - DAY).unwrap();
    let prune = Prune { model: Some("coder".into()), down_to: Some(0), unused_for: None };
    assert_eq!(cache.prune(&prune, at(0)).unwrap().entries, 100);
    assert_eq!(kept(&cache, 501), [500]);
}

#[test]
fn a_file_that_is_no_cache_is_named_and_left_alone() {
    let (folder, _) = place();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, but longer than a header of a hundred bytes ".repeat(9))
        .unwrap();
    let database = folder.path().join("other.sqlite");
    Connection::open(&database)
        .unwrap()
        .execute_batch("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)")
        .unwrap();
    for path in [text, database] {
        let before = fs::read(&path).unwrap();
        let error = problem(&path);
        assert!(
            matches!(&error, StoreError::Foreign { path: named, .. } if *named == path),
            "{error:?}"
        );
        assert!(error.to_string().contains("remove it"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_cache_of_another_format_is_not_touched() {
    let (_folder, path) = place();
    filled(&path, 1, 10).state().connection.pragma_update(None, "user_version", 4).unwrap();
    let error = problem(&path);
    assert!(error.to_string().contains("its format is 4, ours is 3"), "{error}");
}

#[test]
fn a_damaged_file_is_an_error_that_says_to_remove_it() {
    let damages: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes[4096..].fill(0xff),
        |bytes| bytes[100..4096].fill(0),
        |bytes| {
            bytes[8192..]
                .iter_mut()
                .for_each(|byte| *byte = byte.wrapping_mul(37).wrapping_add(11));
        },
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let (_folder, path) = place();
        drop(filled(&path, 200, 500));
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let error = Cache::open(&path)
            .and_then(|cache| {
                for number in 0..200 {
                    cache.get(&key(number), &named("coder"))?;
                }
                cache.stats()
            })
            .expect_err("the damage shows");
        assert!(
            matches!(&error, StoreError::Damaged { path: named, .. } if *named == path),
            "{number}: {error:?}"
        );
        assert!(error.to_string().contains("remove it"), "{error}");
    }
}

#[test]
fn an_entry_that_is_no_reply_or_has_changed_is_a_miss_and_makes_room() {
    for broken in [
        "'{}'",
        "''",
        "CAST(x'ff00' AS TEXT)",
        "7",
        "replace(completion, 'xx', 'xy')",
        "completion, created = created - 1",
        "completion, checksum = ''",
    ] {
        let (_folder, path) = place();
        let cache = filled(&path, 2, 10);
        let damage = format!("UPDATE replies SET completion = {broken} WHERE key = ?1");
        cache.state().connection.execute(&damage, [key(0).as_bytes()]).unwrap();
        assert_eq!(kept(&cache, 2), [1], "{broken}");
        assert!(cache.put(&key(0), &named("coder"), &reply("again")).unwrap());
        assert_eq!(kept(&cache, 2), [0, 1], "{broken}");
    }
}

#[test]
fn a_full_disk_is_an_error_by_type_and_what_was_there_stays() {
    let (_folder, path) = place();
    let cache = filled(&path, 1, 10);
    cache.state().connection.pragma_update(None, "max_page_count", 8).unwrap();
    let error = cache.put(&key(1), &named("coder"), &reply(&"x".repeat(100_000))).unwrap_err();
    assert!(
        matches!(&error, StoreError::Io { source, .. } if source.kind() == ErrorKind::StorageFull),
        "{error:?}"
    );
    assert!(!error.is_transient());
    assert_eq!(kept(&cache, 2), [0]);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_by_type() {
    let (folder, path) = place();
    let cache = filled(&path, 1, 10);
    cache.state().connection.pragma_update(None, "query_only", true).unwrap();
    let error = cache.put(&key(1), &named("coder"), &reply("1")).unwrap_err();
    assert!(
        matches!(&error, StoreError::Io { source, .. } if source.kind() == ErrorKind::PermissionDenied),
        "{error:?}"
    );
    for place in
        [folder.path().to_owned(), path.join("replies.sqlite"), "/proc/replies.sqlite".into()]
    {
        let error = problem(&place);
        assert!(matches!(&error, StoreError::Io { .. }), "{error:?}");
        assert!(!error.is_transient());
    }
}

#[test]
fn a_cache_that_another_holds_too_long_is_busy_and_may_be_free_later() {
    let (_folder, path) = place();
    let (holder, cache) = (filled(&path, 1, 10), Cache::open(&path).unwrap());
    holder.state().connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    cache.state().connection.busy_timeout(Duration::ZERO).unwrap();
    assert!(cache.put(&key(1), &named("coder"), &reply("1")).unwrap_err().is_transient());
    assert_eq!(kept(&cache, 2), [0], "a writer does not stop readers");
    holder.state().connection.execute_batch("COMMIT").unwrap();
    assert!(cache.put(&key(1), &named("coder"), &reply("1")).unwrap());
}

#[test]
fn threads_share_a_cache() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    let added = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (cache, added) = (&cache, &added);
            scope.spawn(move || {
                for number in 0..50 {
                    let is_new = cache
                        .put(&key(number), &named("coder"), &reply(&thread.to_string()))
                        .unwrap();
                    added.fetch_add(usize::from(is_new), std::sync::atomic::Ordering::Relaxed);
                    assert!(cache.get(&key(number), &named("coder")).unwrap().is_some());
                }
            });
        }
    });
    assert_eq!(added.into_inner(), 50);
    assert_eq!(kept(&cache, 50).len(), 50);
}

#[test]
fn replies_of_others_are_given_only_to_whoever_asks_for_any() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    let other = Identity { listing: Some("next".into()), ..named("coder") };
    assert!(cache.put_at(&key(1), &other, &reply("other"), START + DAY).unwrap());
    assert_eq!((got(&cache, 1), cache.has_any(&key(1)).unwrap()), (None, true));
    assert!(cache.put_at(&key(1), &named("coder"), &reply("own"), START).unwrap());
    assert_eq!(got(&cache, 1), Some(reply("own")));
    let newest = Kept { completion: reply("other"), since: (START + DAY) as u64 };
    assert_eq!(cache.get_any(&key(1)).unwrap(), Some(newest));
    assert_eq!((cache.get_any(&key(2)).unwrap(), cache.has_any(&key(2)).unwrap()), (None, false));
}

#[test]
fn who_answered_last_is_known_by_name_and_server() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    let last = |model: &str| cache.last_known(model, "http://localhost/v1").unwrap();
    for listing in [None, Some("1".to_owned()), Some("2".to_owned()), None] {
        let identity = Identity { listing, ..named("coder") };
        cache.note(&identity).unwrap();
        assert_eq!(last("coder"), Some(identity));
    }
    assert_eq!(last("other"), None);
    assert_eq!(cache.last_known("coder", "http://localhost:1/v1").unwrap(), None);
}

#[test]
fn the_replies_of_two_questions_are_not_swapped() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    cache.put(&key(0), &named("coder"), &reply("zero")).unwrap();
    cache.put(&key(1), &named("coder"), &reply("one")).unwrap();
    let swap = "UPDATE replies SET completion = (SELECT other.completion FROM replies other WHERE other.id <> replies.id),
        checksum = (SELECT other.checksum FROM replies other WHERE other.id <> replies.id) WHERE key = ?1";
    cache.state().connection.execute(swap, [key(0).as_bytes()]).unwrap();
    assert_eq!((got(&cache, 0), got(&cache, 1)), (None, Some(reply("one"))));
}

#[test]
fn replies_without_checksums_are_taken_over_with_their_identity() {
    let (_folder, path) = place();
    {
        let cache = Cache::open(&path).unwrap();
        cache.put(&key(1), &named("coder"), &reply("earlier")).unwrap();
        cache.note(&named("coder")).unwrap();
        let connection = &cache.state().connection;
        connection.execute("ALTER TABLE replies DROP COLUMN checksum", []).unwrap();
        connection.pragma_update(None, "user_version", 2).unwrap();
    }
    for _ in 0..2 {
        let cache = Cache::open(&path).unwrap();
        assert_eq!(got(&cache, 1), Some(reply("earlier")));
        assert_eq!(cache.get(&key(1), &named("other")).unwrap(), None);
        let known = cache.last_known("coder", "http://localhost/v1").unwrap();
        assert_eq!(known, Some(named("coder")));
    }
}

#[test]
fn replies_of_the_first_format_are_taken_over_as_nobodys() {
    const EARLIER: &str = "CREATE TABLE replies (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, model TEXT NOT NULL,
        created INTEGER NOT NULL, used INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL, completion TEXT NOT NULL) STRICT";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replies.sqlite");
    let earlier = Connection::open(&path).unwrap();
    earlier.execute(EARLIER, []).unwrap();
    earlier.pragma_update(None, "application_id", 0x7467_7372).unwrap();
    earlier.pragma_update(None, "user_version", 1).unwrap();
    let json = serde_json::to_string(&reply("earlier")).unwrap();
    earlier
        .execute(
            "INSERT INTO replies VALUES (1, ?1, 'coder', ?2, ?2, 3, 2, ?3)",
            params![key(1).as_bytes(), START, json],
        )
        .unwrap();
    drop(earlier);
    for _ in 0..2 {
        let cache = Cache::open(&path).unwrap();
        assert_eq!(cache.get(&key(1), &named("other")).unwrap(), None);
        let kept = Kept { completion: reply("earlier"), since: START as u64 };
        assert_eq!(cache.get_at(&key(1), None, START).unwrap(), Some(kept));
        assert_eq!(cache.stats().unwrap().models[0].prompt_tokens, 3);
    }
    let cache = Cache::open(&path).unwrap();
    assert_eq!(got(&cache, 1), None);
    assert!(cache.put(&key(1), &named("coder"), &reply("own")).unwrap());
    assert_eq!(got(&cache, 1), Some(reply("own")));
    assert_eq!(cache.stats().unwrap().entries, 2);
}

#[test]
fn a_reply_that_is_disowned_makes_room_for_another() {
    let (_folder, path) = place();
    let cache = Cache::open(&path).unwrap();
    let put = |number, text: &str| {
        cache.put_at(&key(number), &named("coder"), &reply(text), START).unwrap()
    };
    assert!(put(0, "rubbish") && put(1, "rubbish"));
    // Another reply has come in its place.
    cache.disown(&key(0), &reply("other rubbish")).unwrap();
    assert_eq!(got(&cache, 0), Some(reply("rubbish")));
    cache.disown(&key(0), &reply("rubbish")).unwrap();
    cache.disown(&key(0), &reply("rubbish")).unwrap();
    assert_eq!((got(&cache, 0), got(&cache, 1)), (None, Some(reply("rubbish"))));
    assert!(put(0, "a verdict"));
    assert_eq!(got(&cache, 0), Some(reply("a verdict")));
}
