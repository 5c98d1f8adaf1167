//! Configurations of the trainers that people use, and the commands that start them.
//!
//! Invariant: a configuration names its files relative to the run's folder, in which its command is run.

use serde::Serialize;

use crate::named::named_enum;

/// How a model is trained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Training {
    /// The model's name on the hub, or its folder.
    pub base_model: String,
    pub epochs: f64,
    pub learning_rate: f64,
    /// Tokens of a conversation; longer ones are cut.
    pub max_length: u32,
    /// Conversations in one step on one device.
    pub batch_size: u32,
    /// Whether adapters of low rank are trained instead of all weights.
    pub lora: bool,
    pub seed: u64,
    /// Whether there is no GPU to use.
    pub cpu: bool,
}

named_enum! {
    /// A program that trains.
    pub enum Trainer {
        Trl = "trl",
        Axolotl = "axolotl",
        LlamaFactory = "llama-factory",
    }
}

/// The folder of the trained model.
pub const CHECKPOINT: &str = "checkpoint";

impl Trainer {
    /// The trainer's command, to be run in the run's folder.
    pub fn command(self) -> &'static [&'static str] {
        match self {
            Self::Trl => &["trl", "sft", "--config", "trl.yaml"],
            Self::Axolotl => &["axolotl", "train", "axolotl.yaml"],
            Self::LlamaFactory => &["llamafactory-cli", "train", "llama_factory.yaml"],
        }
    }

    /// The files that the trainer reads, by name.
    pub(super) fn files(self, training: &Training) -> Vec<(&'static str, String)> {
        match self {
            Self::Trl => vec![("trl.yaml", trl(training))],
            Self::Axolotl => vec![("axolotl.yaml", axolotl(training))],
            Self::LlamaFactory => vec![
                ("llama_factory.yaml", llama_factory(training)),
                ("data/dataset_info.json", DATASET_INFO.to_owned()),
            ],
        }
    }
}

/// Keys and their values, as YAML.
fn yaml(fields: &[(&str, String)]) -> String {
    fields.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()
}

/// A text as YAML reads it: JSON's notation is YAML's, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A float as YAML 1.1 reads it: without a dot, `1e-5` would be a text.
fn float(x: f64) -> String {
    let text = serde_json::Value::from(x).to_string();
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        Some(_) | None => text,
    }
}

/// The model's precision, where the trainer has to be told.
fn precision(training: &Training) -> String {
    (!training.cpu).to_string()
}

fn trl(training: &Training) -> String {
    let mut fields = vec![
        ("model_name_or_path", quoted(&training.base_model)),
        ("dataset_name", quoted("pairs")),
        ("completion_only_loss", "true".into()),
        ("output_dir", quoted(CHECKPOINT)),
        ("num_train_epochs", float(training.epochs)),
        ("learning_rate", float(training.learning_rate)),
        ("per_device_train_batch_size", training.batch_size.to_string()),
        ("max_length", training.max_length.to_string()),
        ("bf16", precision(training)),
        ("seed", training.seed.to_string()),
        ("logging_steps", "10".into()),
        ("save_strategy", quoted("no")),
        ("report_to", quoted("none")),
    ];
    if training.cpu {
        fields.push(("use_cpu", "true".into()));
    }
    if training.lora {
        fields.extend([
            ("use_peft", "true".to_owned()),
            ("lora_r", "16".into()),
            ("lora_alpha", "32".into()),
        ]);
    }
    yaml(&fields)
}

fn axolotl(training: &Training) -> String {
    let mut fields = vec![
        ("base_model", quoted(&training.base_model)),
        (
            "datasets",
            "\n  - path: data/train.jsonl\n    ds_type: json\n    type: chat_template\n    field_messages: messages\n    \
             message_field_training: train\n    roles_to_train: []\n    train_on_eos: turn".into(),
        ),
        ("output_dir", quoted(CHECKPOINT)),
        ("num_epochs", float(training.epochs)),
        ("learning_rate", float(training.learning_rate)),
        ("micro_batch_size", training.batch_size.to_string()),
        ("gradient_accumulation_steps", "1".into()),
        ("sequence_len", training.max_length.to_string()),
        ("optimizer", quoted("adamw_torch")),
        ("lr_scheduler", quoted("linear")),
        ("bf16", precision(training)),
        ("seed", training.seed.to_string()),
        ("logging_steps", "10".into()),
    ];
    if training.lora {
        fields.extend([
            ("adapter", quoted("lora")),
            ("lora_r", "16".into()),
            ("lora_alpha", "32".into()),
            ("lora_target_linear", "true".into()),
        ]);
    }
    yaml(&fields)
}

/// Says how `data/train.jsonl` is read.
const DATASET_INFO: &str = r#"{
  "tgsand": {
    "file_name": "train.jsonl",
    "formatting": "sharegpt",
    "columns": {"messages": "messages"},
    "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant", "system_tag": "system"}
  }
}
"#;

fn llama_factory(training: &Training) -> String {
    let mut fields = vec![
        ("model_name_or_path", quoted(&training.base_model)),
        ("stage", quoted("sft")),
        ("do_train", "true".into()),
        ("finetuning_type", quoted(if training.lora { "lora" } else { "full" })),
        ("dataset_dir", quoted("data")),
        // Without `template`, it takes the chat template of the tokenizer, as a server does.
        ("dataset", quoted("tgsand")),
        ("train_on_prompt", "false".into()),
        // Only the last turn is learned.
        ("mask_history", "true".into()),
        ("output_dir", quoted(CHECKPOINT)),
        ("num_train_epochs", float(training.epochs)),
        ("learning_rate", float(training.learning_rate)),
        ("per_device_train_batch_size", training.batch_size.to_string()),
        ("cutoff_len", training.max_length.to_string()),
        ("bf16", precision(training)),
        ("seed", training.seed.to_string()),
        ("logging_steps", "10".into()),
        ("save_strategy", quoted("no")),
        ("report_to", quoted("none")),
    ];
    if training.cpu {
        fields.push(("use_cpu", "true".into()));
    }
    if training.lora {
        fields.extend([("lora_rank", "16".to_owned()), ("lora_alpha", "32".into())]);
    }
    yaml(&fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn training() -> Training {
        Training {
            base_model: "org/model".into(),
            epochs: 3.0,
            learning_rate: 1e-5,
            max_length: 1024,
            batch_size: 4,
            lora: false,
            seed: 0,
            cpu: false,
        }
    }

    #[test]
    fn numbers_and_texts_are_yaml() {
        assert_eq!([float(1e-7), float(2.5e-7), float(3.0)], ["1.0e-7", "2.5e-7", "3.0"]);
        assert_eq!(quoted("a\"b: c\n"), r#""a\"b: c\n""#);
        let mut hostile = training();
        hostile.base_model = "x\nuse_cpu: true".into();
        assert_eq!(trl(&hostile).lines().next(), Some(r#"model_name_or_path: "x\nuse_cpu: true""#));
    }

    #[test]
    fn every_trainer_has_the_loss_on_the_last_answer_alone() {
        let has = |text: String, lines: &[&str]| {
            for line in lines {
                assert!(text.lines().any(|it| it.trim() == *line), "{line} is not in {text}");
            }
        };
        has(trl(&training()), &["dataset_name: \"pairs\"", "completion_only_loss: true"]);
        let turns = ["message_field_training: train", "roles_to_train: []", "train_on_eos: turn"];
        has(axolotl(&training()), &turns);
        has(llama_factory(&training()), &["train_on_prompt: false", "mask_history: true"]);
    }

    #[test]
    fn questions_are_asked_in_the_chat_template_of_the_model() {
        assert!(!llama_factory(&training()).contains("template"));
        assert!(axolotl(&training()).contains("type: chat_template"));
        assert!(!axolotl(&training()).contains("chat_template:"));
    }

    #[test]
    fn without_a_gpu_none_is_used() {
        let cpu = Training { cpu: true, ..training() };
        for of in [trl, llama_factory] {
            assert!(of(&cpu).contains("use_cpu: true") && of(&cpu).contains("bf16: false"));
            assert!(!of(&training()).contains("use_cpu") && of(&training()).contains("bf16: true"));
        }
    }

    #[test]
    fn each_trainer_has_the_files_that_its_command_names() {
        for trainer in Trainer::ALL {
            let files = trainer.files(&training());
            let config = files[0].0;
            assert!(trainer.command().contains(&config), "{config}");
            for (name, text) in files {
                assert!(text.ends_with('\n') && !text.contains("\n\n"), "{name}: {text}");
            }
        }
    }
}
