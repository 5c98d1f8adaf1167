//! Perl: what a program does, how it ends, and what it cannot reach.

use tgsand::sandbox::{End, Language};

use super::{exited, hold, row};

#[test]
#[ignore = "compiles a module of 25 MB, which takes half a minute"]
fn perl_programs_end_as_they_should() {
    let ok = || exited(0);
    hold(
        Language::Perl,
        vec![
            row(
                "hello",
                "use strict; use warnings; my %h = (b => 2, a => 1); print 'hello ', join(',', map { \"$_=$h{$_}\" } sort keys %h), \"\\n\";",
                ok(),
                "hello a=1,b=2\n",
            ),
            row(
                "sum of stdin",
                "my $s = 0; while (<STDIN>) { $s += $_ for split } print \"$s\\n\";",
                ok(),
                "42\n",
            )
            .reads("1 2\n39"),
            row(
                "lines of stdin",
                "chomp(my @lines = <>); print scalar(@lines), \": @lines\\n\";",
                ok(),
                "2: a b c\n",
            )
            .reads("a\nb c\n"),
            row(
                "a million steps",
                "my $s = 0; for (my $i = 0; $i < 1000000; $i++) { $s += $i } print $s;",
                ok(),
                "499999500000",
            ),
            row("memory bomb", "my @a; push @a, 'x' x 100000 while 1;", End::OutOfMemory, "")
                .says("Out of memory"),
            row("endless loop", "1 while 1;", End::OutOfFuel, ""),
            row("exception", "use strict;\nsub f { die 'bad' }\nprint 1;\nf();", exited(255), "1")
                .says("bad at main.pl line 2.\n"),
            row(
                "a caught exception",
                "eval { die { code => 3 } }; print $@->{code}; eval '1 +'; print $@ ? 'no' : 'yes';",
                ok(),
                "3no",
            ),
            row("exit code", "print 'a'; exit 200;", exited(200), "a"),
            row("exit from within", "sub f { exit 4 } eval { f() }; print 'never';", exited(4), ""),
            row(
                "syntax error",
                "use strict;\nprint 1;\nmy $x = ;",
                End::CompileError { exit_code: 1 },
                "",
            )
            .says("syntax error at main.pl line 3"),
            row(
                "an undeclared variable",
                "use strict;\n$x = 1;",
                End::CompileError { exit_code: 1 },
                "",
            )
            .says("Global symbol \"$x\""),
            row("a warning", "use warnings; my $x; print \"a$x\\n\";", ok(), "a\n")
                .says("uninitialized value $x in concatenation (.) or string at main.pl line 1."),
            row("data", "while (<DATA>) { print \"[$_]\" }\n__DATA__\na\nb", ok(), "[a\n][b]"),
            row("pod", "=pod\n\ntext\n\n=cut\n\nprint __LINE__, $0;", ok(), "7main.pl"),
            row("UTF-8", "use utf8; binmode(STDOUT, ':utf8'); print length('é'), 'é';", ok(), "1é"),
            row(
                "the end of objects",
                "package A; sub new { bless {} } sub DESTROY { print 'gone' } package main; my $x = A->new; print 'here '; exit 2;",
                exited(2),
                "here gone",
            ),
            row(
                "200 KB of output",
                "print 'x' x 99, \"\\n\" for 1 .. 2000;",
                ok(),
                &format!("{}\n", "x".repeat(99)).repeat(2000),
            ),
            row(
                "5000 calls deep",
                "no warnings; sub f { my $n = shift; $n ? 1 + f($n - 1) : 0 } print f(5000);",
                ok(),
                "5000",
            ),
            row("endless recursion", "sub f { f() } f();", End::OutOfMemory, "")
                .says("Out of memory"),
            row(
                "a file that is not there",
                "open(my $f, '<', 'input.txt') or die \"no: $!\";",
                exited(255),
                "",
            )
            .says("no: No such file or directory at main.pl line 1."),
            row("network", "use IO::Socket;", End::CompileError { exit_code: 1 }, "")
                .says("Can't locate Socket.pm"),
            row(
                "library",
                "use List::Util qw(sum); use Scalar::Util 'reftype'; use JSON::PP; use Data::Dumper; print sum(1, 2), reftype({}), encode_json([1, { a => 2 }]);",
                ok(),
                "3HASH[1,{\"a\":2}]",
            ),
        ],
    );
}

#[test]
#[ignore = "compiles a module of 25 MB, which takes half a minute"]
fn perl_reaches_nothing_outside() {
    let ok = || exited(0);
    hold(
        Language::Perl,
        vec![
            row(
                "files",
                "print -e '/etc/passwd' ? 1 : 0, open(my $f, '<', '/etc/passwd') ? 1 : 0, -e 'main.pl' ? 1 : 0;",
                ok(),
                "000",
            ),
            row(
                "the way up",
                "print open(my $f, '<', '/dev/../etc/passwd') ? 1 : 0, -e '/dev/..' ? 1 : 0, -e '/dev/../..' ? 1 : 0;",
                ok(),
                "000",
            ),
            row(
                "writing",
                "print open(my $f, '>', '/tmp/out') ? 1 : 0, open(my $g, '>', '/dev/out') ? 1 : 0, mkdir('/dev/a') ? 1 : 0, unlink('/dev/null'), rename('/dev/null', '/dev/x') ? 1 : 0, symlink('/etc', '/dev/e') ? 1 : 0;",
                ok(),
                "000000",
            ),
            row(
                "the one file",
                "open(my $f, '<', '/dev/null') or die; my @s = stat('/dev/null'); print scalar(<$f>) // 'none', \" @s[0, 1, 7, 8, 9, 10]\";",
                ok(),
                "none 0 0 0 0 0 0",
            ),
            row(
                "folders",
                "print opendir(my $d, '/') ? 1 : 0; if (opendir(my $e, '/dev')) { print scalar(grep { !/^\\.|^null$/ } readdir $e) }",
                ok(),
                "0",
            ),
            row("environment", "print join(',', %ENV), '.';", ok(), "."),
            row(
                "processes",
                "my $pid = eval { fork }; print defined $pid ? 1 : 0, system('ls'), defined(`ls`) ? 1 : 0, exec('ls') ? 1 : 0;",
                ok(),
                "0-100",
            ),
            row("sockets", "print eval { socket(my $s, 2, 1, 0) } ? 1 : 0;", ok(), "0"),
            row(
                "clock",
                "my @t = gmtime; printf '%d-%02d-%02d', $t[5] + 1900, $t[4] + 1, $t[3];",
                ok(),
                "2026-01-01",
            ),
            row(
                "a sleep takes no time",
                "my $before = time; sleep 100; print time - $before;",
                ok(),
                "100",
            ),
            row(
                "functions of the host",
                "print defined &{'call_host_function'} ? 1 : 0;",
                ok(),
                "0",
            ),
            row(
                "state of another instance",
                "print $main::left // 'none'; $main::left = 1;",
                ok(),
                "none",
            ),
        ],
    );
}
