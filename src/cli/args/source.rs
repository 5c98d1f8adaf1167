//! What the commands that start from raw code have in common: where it is, which of it counts, and the seed.

use std::path::{Path, PathBuf};

use clap::Args;

use super::units::parse_share;
use crate::dataset::{self, Fields, RawRows};
use crate::error::{Error, Result};

/// The options of every command that takes raw code.
#[derive(Debug, Clone, Args)]
pub struct SourceArgs {
    /// Rows with `content` in JSONL, one JSON list or Parquet (also .gz, .zst, `-`), a .py file, or a
    /// folder of them; several are read one after another
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// Leave out files and folders that match, in the notation of .gitignore (repeatable); their modules
    /// can still be imported
    #[arg(long, env = "TGSAND_EXCLUDE", value_name = "PATTERN")]
    exclude: Vec<String>,
    /// Seed for all random choices
    #[arg(long, env = "TGSAND_SEED", default_value_t = 0)]
    pub seed: u64,
    /// Reject a function whose similarity to an earlier one is at least this (Jaccard over 4-token
    /// shingles; names may be exchanged consistently)
    #[arg(long, env = "TGSAND_DEDUPE", default_value_t = 0.85, value_name = "0…1", value_parser = parse_share)]
    dedupe: f64,
    /// Keep duplicate functions
    #[arg(long, env = "TGSAND_KEEP_DUPLICATES")]
    keep_duplicates: bool,
    /// Exit with code 4 if less than this share is accepted
    #[arg(long, env = "TGSAND_MIN_YIELD", value_name = "0…1", value_parser = parse_share)]
    pub min_yield: Option<f64>,
    /// Field that holds a row's id
    #[arg(long, env = "TGSAND_ID_FIELD", default_value = "id", value_name = "NAME")]
    id_field: String,
    /// Field that holds the code
    #[arg(long, env = "TGSAND_CONTENT_FIELD", default_value = "content", value_name = "NAME")]
    content_field: String,
    /// Field that holds separate import lines
    #[arg(long, env = "TGSAND_IMPORT_FIELD", default_value = "import_code", value_name = "NAME")]
    import_field: String,
}

impl SourceArgs {
    /// Opens the inputs.
    pub fn open(&self) -> Result<RawRows> {
        let fields = Fields {
            id: self.id_field.clone(),
            content: self.content_field.clone(),
            import_code: self.import_field.clone(),
        };
        if self.inputs.iter().filter(|input| input.as_os_str() == "-").count() > 1 {
            return Err(Error::Usage("stdin (`-`) can be read only once".into()));
        }
        dataset::open(&self.inputs, &self.exclude, &fields)
    }

    /// Where the inputs are.
    pub fn inputs(&self) -> Vec<&Path> {
        self.inputs.iter().map(PathBuf::as_path).collect()
    }

    /// The similarity from which functions are duplicates; `None` keeps all.
    pub fn dedupe(&self) -> Option<f64> {
        (!self.keep_duplicates).then_some(self.dedupe)
    }
}
