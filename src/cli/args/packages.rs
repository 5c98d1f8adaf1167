//! The option that gives programs more packages to import.

use clap::Args;

use crate::sandbox::packages::Requirement;

/// The packages that a sandbox serves.
#[derive(Debug, Clone, Args)]
pub struct PackageArgs {
    /// Package of pure Python that programs can import, fetched once by pip with what it needs; can
    /// be given more than once
    #[arg(long = "with", env = "TGSAND_WITH", value_name = "NAME==VERSION", value_delimiter = ',', value_parser = Requirement::parse)]
    pub with: Vec<Requirement>,
}
