//! The questions about classes, modules, requests and settings, in the words that people ask them in.
//!
//! Invariant: all ways to ask one question have the same answer.

use crate::pipeline::repo::wording::{Asking, Ways};

pub(super) const HIERARCHY: Asking = Asking {
    english: Ways {
        alone: &[
            "Which classes inherit directly from {c} in {path}?",
            "If I change {c} in {path}, which subclasses in this repository are affected first?",
            "What are the direct subclasses of {c} in {path}?",
            "Which classes of this repository name {c} from {path} as a base?",
        ],
        leads: &[
            "I am changing {c} in {path}.",
            "{c} in {path} is a base class.",
            "I am reading {c} in {path}.",
        ],
        then: &[
            "Which classes inherit directly from it?",
            "What are its direct subclasses, and where are they defined?",
            "Which classes derive from it without others in between?",
        ],
    },
    chinese: Ways {
        alone: &[
            "哪些类直接继承自 {path} 中的 {c}？",
            "修改 {path} 里的 {c} 会首先影响仓库中的哪些子类？",
            "{c}（{path}）有哪些直接子类？",
            "仓库中的哪些类以 {path} 中的 {c} 为基类？",
        ],
        leads: &[
            "我要修改 {path} 中的 {c}。",
            "{path} 中的 {c} 是一个基类。",
            "我正在阅读 {path} 中的 {c}。",
        ],
        then: &[
            "哪些类直接继承它？",
            "它有哪些直接子类？分别定义在哪里？",
            "仓库里哪些类直接派生自它？",
        ],
    },
};

pub(super) const OVERRIDES: Asking = Asking {
    english: Ways {
        alone: &[
            "Which direct subclasses override {m} from {path}?",
            "If I change what {m} in {path} does, which overriding methods of direct subclasses should I read as well?",
            "Where do direct subclasses define their own version of {m} in {path}?",
            "By which methods of direct subclasses is {m} in {path} replaced?",
        ],
        leads: &[
            "I am changing {m} in {path}.",
            "{m} in {path} is meant to be overridden.",
            "I am reading {m} in {path}.",
        ],
        then: &[
            "Which direct subclasses override it?",
            "Where do direct subclasses define their own version of it?",
            "Which methods of direct subclasses replace it?",
        ],
    },
    chinese: Ways {
        alone: &[
            "哪些直接子类重写了 {path} 中的 {m}？",
            "如果要改变 {path} 中 {m} 的行为，还应该查看直接子类中的哪些重写方法？",
            "直接子类在哪里重写了 {path} 中的 {m}？",
            "{path} 中的 {m} 被直接子类的哪些方法重写？",
        ],
        leads: &[
            "我要修改 {path} 中的 {m}。",
            "{path} 中的 {m} 可以被子类重写。",
            "我正在阅读 {path} 中的 {m}。",
        ],
        then: &[
            "哪些直接子类重写了它？",
            "直接子类在哪里给出了自己的版本？",
            "它被直接子类的哪些方法重写？",
        ],
    },
};

pub(super) const DEPENDENTS: Asking = Asking {
    english: Ways {
        alone: &[
            "Which files other than tests import {path} or a name from it, and on which lines?",
            "I want to rename {path}. On which lines outside of tests is it imported?",
            "Leaving tests aside, where is {path} imported directly?",
            "Which imports of {path} are there outside of tests?",
        ],
        leads: &[
            "I am about to move {path}.",
            "{path} is going to be split up.",
            "I want to know what depends on {path}.",
        ],
        then: &[
            "Where outside of tests is it imported directly?",
            "Which files other than tests import it or a name from it, and on which lines?",
            "On which lines is it imported, tests aside?",
        ],
    },
    chinese: Ways {
        alone: &[
            "除测试外，哪些文件导入了 {path} 或其中的名称？分别在哪一行？",
            "我想重命名 {path}。测试以外的哪些行导入了它？",
            "不算测试，{path} 在哪些地方被直接导入？",
            "测试之外有哪些对 {path} 的导入？",
        ],
        leads: &["我准备移动 {path}。", "{path} 要拆分成几个文件。", "我想知道什么依赖 {path}。"],
        then: &[
            "测试之外，哪些地方直接导入了它？",
            "除测试外，哪些文件导入了它或其中的名称？在哪一行？",
            "不算测试，哪些行导入了它？",
        ],
    },
};

pub(super) const ENDPOINT: Asking = Asking {
    english: Ways {
        alone: &[
            "Which function handles {r}?",
            "Where is the handler of {r} implemented?",
            "Which function answers {r}, and where is it defined?",
            "Where does a request to {r} end up?",
        ],
        leads: &[
            "A request to {r} misbehaves.",
            "I want to set a breakpoint for {r}.",
            "The answer to {r} has to change.",
        ],
        then: &[
            "Which function do I have to look at?",
            "Which function handles it?",
            "Where is its handler defined?",
        ],
    },
    chinese: Ways {
        alone: &[
            "{r} 由哪个函数处理？",
            "{r} 的处理函数在哪里实现？",
            "哪个函数应答 {r}？它定义在哪里？",
            "发往 {r} 的请求最终由哪个函数处理？",
        ],
        leads: &["请求 {r} 出了问题。", "我想给 {r} 设置断点。", "{r} 的应答需要修改。"],
        then: &["应该先看哪个函数？", "它由哪个函数处理？", "它的处理函数定义在哪里？"],
    },
};

/// What is asked of a module that lacks a setting, wherever the setting would come from.
const WITHOUT_IT: &[&str] =
    &["What happens in {path}?", "What does {path} do then?", "What does that mean for {path}?"];
const WITHOUT_IT_IN_CHINESE: &[&str] =
    &["{path} 会怎样？", "这时 {path} 会发生什么？", "这对 {path} 有什么影响？"];

pub(super) const ENVIRONMENT: Asking = Asking {
    english: Ways {
        alone: &[
            "What happens in {path} if the environment variable {key} is not set?",
            "What does {path} do without the environment variable {key}?",
            "Does {path} need the environment variable {key}, or what happens without it?",
            "Which value does {path} work with if the environment variable {key} is missing?",
        ],
        leads: &[
            "The environment variable {key} is not set.",
            "I run the program without {key}, an environment variable that {path} reads.",
            "A deployment forgot the environment variable {key}.",
        ],
        then: WITHOUT_IT,
    },
    chinese: Ways {
        alone: &[
            "如果没有设置环境变量 {key}，{path} 会怎样？",
            "缺少环境变量 {key} 时，{path} 会发生什么？",
            "{path} 必须有环境变量 {key} 吗？没有的话会怎样？",
            "没有环境变量 {key} 时，{path} 会使用什么值？",
        ],
        leads: &[
            "环境变量 {key} 没有设置。",
            "我在没有环境变量 {key} 的情况下运行程序。",
            "部署时忘了设置环境变量 {key}。",
        ],
        then: WITHOUT_IT_IN_CHINESE,
    },
};

pub(super) const CONFIG: Asking = Asking {
    english: Ways {
        alone: &[
            "What happens in {path} if the configuration key {key} is missing?",
            "What does {path} do if nothing sets the configuration key {key}?",
            "Does {path} need the configuration key {key}, or what happens without it?",
            "Which value does {path} work with if the configuration lacks {key}?",
        ],
        leads: &[
            "The configuration key {key} is not set.",
            "I have removed {key} from the configuration.",
            "A configuration forgot the key {key}.",
        ],
        then: WITHOUT_IT,
    },
    chinese: Ways {
        alone: &[
            "如果配置中没有 {key}，{path} 会怎样？",
            "没有设置配置项 {key} 时，{path} 会发生什么？",
            "{path} 必须有配置项 {key} 吗？没有的话会怎样？",
            "配置里缺少 {key} 时，{path} 会使用什么值？",
        ],
        leads: &["配置项 {key} 没有设置。", "我从配置中删掉了 {key}。", "配置里漏掉了 {key}。"],
        then: WITHOUT_IT_IN_CHINESE,
    },
};
