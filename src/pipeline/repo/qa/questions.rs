//! The questions about functions, in the words that people ask them in: at least a dozen ways for each kind in each language.
//!
//! Invariant: all ways to ask one question have the same answer.

use crate::pipeline::repo::wording::{Asking, Ways};

pub(super) const CALLERS: Asking = Asking {
    english: Ways {
        alone: &[
            "Leaving tests aside, which functions call {f} from {path}?",
            "Which functions call {f} (defined in {path}) outside of tests, and on which lines?",
            "Who calls {f} in {path}, apart from tests?",
            "List the callers of {f} in {path}; tests do not count.",
        ],
        leads: &[
            "I am about to change {f} in {path}.",
            "Take {f} in {path}.",
            "I want to know how {f} from {path} is used.",
        ],
        then: &[
            "Which functions other than tests call it?",
            "Who calls it, apart from tests?",
            "Where outside of tests is it called, and by which functions?",
        ],
    },
    chinese: Ways {
        alone: &[
            "除测试以外，{path} 中的 {f} 被哪些函数调用？",
            "不算测试，{path} 里的 {f} 有哪些调用方？分别在哪一行？",
            "{path} 中的 {f} 在测试之外由哪些函数调用？",
            "{path} 中的 {f} 有哪些调用方？测试不计。",
        ],
        leads: &[
            "我准备修改 {path} 中的 {f}。",
            "以 {path} 中的 {f} 为例。",
            "我想了解 {path} 里的 {f} 是怎样被使用的。",
        ],
        then: &[
            "除测试外，哪些函数调用了它？",
            "不算测试，它有哪些调用方？",
            "在测试之外，它被哪些函数调用？在哪一行？",
        ],
    },
};

pub(super) const SIGNATURE: Asking = Asking {
    english: Ways {
        alone: &[
            "Which calls have to change if {f} in {path} gets another required parameter? Count tests and doctests, too.",
            "Where in the code, its tests and doctests does a new required argument of {f} in {path} have to be passed?",
            "Which lines of code, tests and doctests have to be adapted once {f} in {path} takes a new mandatory argument?",
            "On which lines, tests and doctests included, do calls of {f} from {path} break if it requires one more argument?",
        ],
        leads: &[
            "I want to give {f} in {path} another required parameter.",
            "Suppose that {f} in {path} takes one more mandatory argument.",
            "The signature of {f} in {path} is going to get a new required parameter.",
        ],
        then: &[
            "Which lines of code, tests and doctests have to change?",
            "Where does the new argument have to be passed, tests and doctests included?",
            "Which places have to be adapted? Count tests and doctests, too.",
        ],
    },
    chinese: Ways {
        alone: &[
            "我想给 {path} 中的 {f} 增加一个必填参数，哪些调用需要修改？测试和 doctest 也算。",
            "如果 {path} 中的 {f} 多了一个必填参数，代码、测试和 doctest 中哪些地方必须传入它？",
            "{path} 里的 {f} 要新增一个必填参数，代码、测试和 doctest 的哪些行需要改动？",
            "给 {path} 中的 {f} 再加一个必填参数，会影响代码、测试和 doctest 的哪些行？",
        ],
        leads: &[
            "我打算为 {path} 中的 {f} 新增一个必填参数。",
            "假设 {path} 中的 {f} 需要多传一个参数。",
            "{path} 里 {f} 的签名要加一个必填参数。",
        ],
        then: &[
            "代码、测试和 doctest 的哪些行要改？",
            "哪些地方必须传入新参数？测试和 doctest 也算。",
            "包括测试和 doctest 在内，需要改动哪些位置？",
        ],
    },
};

pub(super) const TESTS: Asking = Asking {
    english: Ways {
        alone: &[
            "Which tests call {f} from {path} directly?",
            "Which test functions call {f} from {path}, and where is the first call in each?",
            "By which tests is {f} in {path} called directly?",
            "Are there tests that call {f} from {path} directly, and which ones?",
        ],
        leads: &[
            "I have edited {f} in {path}.",
            "{f} in {path} is to be rewritten.",
            "I am looking for the tests of {f} in {path}.",
        ],
        then: &[
            "Which test functions call it directly?",
            "Which tests have a call of it, and on which line is the first one?",
            "Which tests call it themselves?",
        ],
    },
    chinese: Ways {
        alone: &[
            "哪些测试直接调用了 {path} 中的 {f}？",
            "哪些测试函数调用了 {path} 中的 {f}？每个函数里的第一处调用在哪一行？",
            "{path} 中的 {f} 被哪些测试直接调用？",
            "有哪些测试函数直接调用 {path} 中的 {f}？",
        ],
        leads: &[
            "我修改了 {path} 里的 {f}。",
            "{path} 中的 {f} 准备重写。",
            "我在找 {path} 中 {f} 的测试。",
        ],
        then: &[
            "哪些测试函数直接调用了它？",
            "哪些测试里有对它的调用？第一处在哪一行？",
            "哪些测试会直接调用它？",
        ],
    },
};

pub(super) const CALL_PATH: Asking = Asking {
    english: Ways {
        alone: &[
            "How does a call of {a} ({pa}) reach {b} ({pb})?",
            "What is the call chain from {a} in {pa} to {b} in {pb}?",
            "Through which functions does {a} in {pa} get to {b} in {pb}?",
            "Which calls lead from {a} in {pa} to {b} in {pb}?",
        ],
        leads: &[
            "A stack trace shows {b} ({pb}) and, further out, {a} ({pa}).",
            "I am following {a} in {pa} to {b} in {pb}.",
            "{b} in {pb} can be reached from {a} in {pa}.",
        ],
        then: &[
            "Which calls lead there?",
            "What are the calls in between, step by step?",
            "How does it get there?",
        ],
    },
    chinese: Ways {
        alone: &[
            "{pa} 中的 {a} 是怎样一步步调用到 {pb} 中的 {b} 的？",
            "从 {a}（{pa}）到 {b}（{pb}）的调用链是怎样的？",
            "{pa} 中的 {a} 经过哪些函数到达 {pb} 中的 {b}？",
            "从 {pa} 中的 {a} 出发，要经过哪些调用才能到 {pb} 中的 {b}？",
        ],
        leads: &[
            "我想弄清 {pa} 中的 {a} 与 {pb} 中的 {b} 之间的联系。",
            "我想从 {pa} 中的 {a} 一路跟到 {pb} 中的 {b}。",
            "从 {pa} 中的 {a} 可以到达 {pb} 中的 {b}。",
        ],
        then: &["中间经过了哪些调用？", "调用链是怎样的？", "是怎样一步步到那里的？"],
    },
};

pub(super) const CALLEES: Asking = Asking {
    english: Ways {
        alone: &[
            "Which functions and classes of this repository does {f} in {path} call by name, and where are they defined?",
            "Where are the functions and classes of this repository defined that {f} in {path} calls?",
            "What of this repository does {f} in {path} call by name? Give the place of each definition.",
            "Name the functions and classes of the repository that {f} in {path} calls, with the lines of their definitions.",
        ],
        leads: &[
            "I am reading {f} in {path}.",
            "To understand {f} in {path}, I have to read what it calls.",
            "I want to move {f} out of {path}.",
        ],
        then: &[
            "Which functions and classes of the repository does it call?",
            "Which of the repository's functions and classes does it call by name, and where are they defined?",
            "What of this repository does it call, and on which lines does each definition begin?",
        ],
    },
    chinese: Ways {
        alone: &[
            "{path} 中的 {f} 按名称调用了本仓库里的哪些函数和类？它们定义在哪里？",
            "{path} 中的 {f} 所调用的仓库内函数和类都定义在哪里？",
            "{path} 里的 {f} 依赖仓库中的哪些函数和类？请给出各自的定义位置。",
            "{path} 中的 {f} 调用了仓库内的哪些函数和类？它们的定义在哪一行？",
        ],
        leads: &[
            "我想跟进 {path} 中 {f} 的调用。",
            "我正在阅读 {path} 中的 {f}。",
            "我想把 {f} 从 {path} 中移走。",
        ],
        then: &[
            "它调用了仓库里的哪些函数和类？",
            "它按名称调用了仓库里的哪些函数和类？分别定义在哪一行？",
            "它用到了本仓库的哪些函数和类？定义在哪里？",
        ],
    },
};

pub(super) const EXCEPTIONS: Asking = Asking {
    english: Ways {
        alone: &[
            "Which `raise` statements does {f} in {path} contain, and which conditions lead to them?",
            "Which exceptions does the body of {f} in {path} raise, and under which conditions?",
            "Under which conditions does {f} in {path} raise exceptions of its own?",
            "When does {f} in {path} raise an exception itself, and which one?",
        ],
        leads: &[
            "I have to document {f} in {path}.",
            "I am writing a caller of {f} in {path}.",
            "{f} in {path} has `raise` statements.",
        ],
        then: &[
            "Which exceptions does it raise itself, and under which conditions?",
            "What has to be the case for each of its own `raise` statements to be reached?",
            "When does it raise, and what?",
        ],
    },
    chinese: Ways {
        alone: &[
            "{path} 中的 {f} 含有哪些 `raise` 语句？分别在什么条件下执行？",
            "{path} 里的 {f} 自身抛出哪些异常？条件是什么？",
            "{path} 中的 {f} 在什么条件下抛出自己的异常？",
            "{path} 中的 {f} 什么时候会自己抛出异常？抛出的是哪种？",
        ],
        leads: &[
            "我要为 {path} 中的 {f} 写文档。",
            "我正在编写调用 {path} 中 {f} 的代码。",
            "{path} 中的 {f} 含有 `raise` 语句。",
        ],
        then: &[
            "它自身抛出哪些异常？条件是什么？",
            "它的每个 `raise` 语句要满足什么条件才会执行？",
            "它在什么情况下抛出异常？抛出什么？",
        ],
    },
};

pub(super) const VALUE: Asking = Asking {
    english: Ways {
        alone: &[
            "What does {call} give? {f} is the function in {path}.",
            "With {f} from {path}, what is the result of {call}?",
            "What is the value of {call}, given the definition of {f} in {path}?",
            "Work out {call} with {f} from {path}. What comes back?",
        ],
        leads: &[
            "Look at {f} in {path}.",
            "My question is about {f} in {path}.",
            "I want to check that I understand {f} in {path}.",
        ],
        then: &[
            "What does {call} give?",
            "What is the result of {call}?",
            "What does one get from {call}?",
        ],
    },
    chinese: Ways {
        alone: &[
            "{call} 的结果是什么？{f} 是 {path} 中的函数。",
            "使用 {path} 中的 {f}，{call} 会得到什么？",
            "{f} 定义在 {path} 中，{call} 的值是多少？",
            "请根据 {path} 中的 {f} 推算 {call} 的结果。",
        ],
        leads: &[
            "请看 {path} 中的 {f}。",
            "我的问题与 {path} 中的 {f} 有关。",
            "我想确认自己理解了 {path} 中的 {f}。",
        ],
        then: &["{call} 会得到什么？", "{call} 的结果是什么？", "执行 {call} 会返回什么？"],
    },
};

pub(super) const RAISED: Asking = Asking {
    english: Ways {
        alone: &[
            "What happens when {call} is evaluated? {f} is the function in {path}.",
            "Does {call} work with {f} from {path}, and if not, what is raised?",
            "Which exception does {call} end with? {f} is defined in {path}.",
            "With {f} from {path}, what becomes of {call}?",
        ],
        leads: &[
            "Look at {f} in {path}.",
            "My question is about {f} in {path}.",
            "I am handling the errors of {f} in {path}.",
        ],
        then: &[
            "What happens when {call} is evaluated?",
            "Does {call} return, and if not, what is raised?",
            "How does {call} end?",
        ],
    },
    chinese: Ways {
        alone: &[
            "执行 {call} 会发生什么？{f} 是 {path} 中的函数。",
            "对 {path} 中的 {f}，调用 {call} 会抛出什么异常？",
            "{f} 定义在 {path} 中。{call} 能正常返回吗？如果不能，会抛出什么？",
            "使用 {path} 中的 {f}，{call} 会怎样结束？",
        ],
        leads: &[
            "请看 {path} 中的 {f}。",
            "我的问题与 {path} 中的 {f} 有关。",
            "我正在处理 {path} 中 {f} 的错误。",
        ],
        then: &[
            "执行 {call} 会发生什么？",
            "{call} 能正常返回吗？如果不能，会抛出什么？",
            "{call} 会怎样结束？",
        ],
    },
};

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::pipeline::repo::qa::larger_questions::{
        CONFIG, DEPENDENTS, ENDPOINT, ENVIRONMENT, HIERARCHY, OVERRIDES,
    };

    #[test]
    fn every_kind_is_asked_in_a_dozen_ways_in_each_language() {
        let all = [
            CALLERS,
            SIGNATURE,
            TESTS,
            CALL_PATH,
            CALLEES,
            EXCEPTIONS,
            VALUE,
            RAISED,
            HIERARCHY,
            OVERRIDES,
            DEPENDENTS,
            ENDPOINT,
            ENVIRONMENT,
            CONFIG,
        ];
        for asking in all {
            for ways in [asking.english, asking.chinese] {
                let different: HashSet<String> = ways.all().into_iter().collect();
                assert!(different.len() >= 12, "{different:?}");
            }
        }
    }
}
