//! What has to come after the end of a program: the data behind `__END__` in Perl and Ruby.
//!
//! Invariant: what is added to a program's head runs, and the data stays the data.

use super::OtherLanguage;

/// A program as its head, which runs and can be added to, and its tail, which is data.
pub(super) fn split(language: &OtherLanguage, program: &str) -> (String, String) {
    let markers: &[&str] = match language.name() {
        "perl" => &["__END__", "__DATA__"],
        "ruby" => &["__END__"],
        // What comes after the closing tag is printed.
        "php" => {
            let program = program.trim_end();
            let head = program.strip_suffix("?>").unwrap_or(program);
            return (head.to_owned(), String::new());
        }
        _ => return (program.to_owned(), String::new()),
    };
    let is_perl = language.name() == "perl";
    let (mut is_pod, mut texts) = (false, Vec::new());
    let mut at = 0;
    for line in program.split_inclusive('\n') {
        let text = line.trim_end();
        if let Some(here) = texts.first() {
            if HereText::ends(here, text) {
                texts.remove(0);
            }
        } else if is_pod || is_perl && is_pod_command(text) {
            is_pod = !text.starts_with("=cut");
        } else if markers.contains(&text) {
            let (head, tail) = program.split_at(at);
            return (head.to_owned(), tail.to_owned());
        } else {
            texts = HereText::begun_in(text);
        }
        at += line.len();
    }
    let head = match is_pod {
        // A blank line comes before a command.
        true => format!("{program}\n\n=cut\n"),
        false => program.to_owned(),
    };
    (head, String::new())
}

/// POD begins with a command at the start of a line, such as `=head1`.
fn is_pod_command(line: &str) -> bool {
    line.strip_prefix('=').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// A text within a program that ends at a line of its own (`<<EOS`, `<<~'EOS'`).
struct HereText {
    end: String,
    is_indented: bool,
}

impl HereText {
    fn begun_in(line: &str) -> Vec<Self> {
        let mut begun = Vec::new();
        if line.trim_start().starts_with('#') {
            return begun;
        }
        for rest in line.split("<<").skip(1) {
            let name = rest.trim_start_matches(['~', '-']);
            let is_indented = name.len() < rest.len();
            let quoted = ['"', '\'']
                .into_iter()
                .find_map(|quote| name.strip_prefix(quote)?.split_once(quote).map(|(end, _)| end));
            let end = quoted.unwrap_or_else(|| {
                // A shift by a number is not the beginning of a text; nor is one by a variable, by convention in lower case.
                let len = name.len()
                    - name
                        .trim_start_matches(|c: char| {
                            c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
                        })
                        .len();
                name[..len].trim_start_matches(|c: char| c.is_ascii_digit())
            });
            if !end.is_empty() {
                begun.push(Self { end: end.to_owned(), is_indented });
            }
        }
        begun
    }

    fn ends(&self, line: &str) -> bool {
        match self.is_indented {
            true => line.trim_start() == self.end,
            false => line == self.end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(language: &str, program: &str) -> (String, String) {
        split(&OtherLanguage::named(language), program)
    }

    fn pair(head: &str, tail: &str) -> (String, String) {
        (head.to_owned(), tail.to_owned())
    }

    #[test]
    fn data_is_the_tail() {
        assert_eq!(parts("perl", "f();\n__END__\nx\n"), pair("f();\n", "__END__\nx\n"));
        assert_eq!(parts("perl", "f();\n__DATA__"), pair("f();\n", "__DATA__"));
        assert_eq!(parts("ruby", "f\n__END__\nx\n"), pair("f\n", "__END__\nx\n"));
        assert_eq!(parts("shell", "f\n__END__\n"), pair("f\n__END__\n", ""));
    }

    #[test]
    fn a_marker_within_a_text_or_pod_is_none() {
        for program in [
            "print <<EOS;\n__END__\nEOS\n",
            "print <<~'A', <<\"B\";\n  A\n__END__\nB\n",
            "=pod\n\n__END__\n\n=cut\nf();\n",
            "my $s = '__END__';\n",
        ] {
            assert_eq!(parts("perl", program), pair(program, ""));
        }
        let program = "my $x = 1 << 3;\n# <<EOS\n__END__\nx\n";
        assert_eq!(parts("perl", program).1, "__END__\nx\n");
    }

    #[test]
    fn pod_that_does_not_end_is_closed() {
        assert_eq!(parts("perl", "f();\n=head1 NAME\n"), pair("f();\n=head1 NAME\n\n\n=cut\n", ""));
        assert_eq!(parts("perl", "=head1\n\n=cut\nf();\n").0, "=head1\n\n=cut\nf();\n");
    }
}
