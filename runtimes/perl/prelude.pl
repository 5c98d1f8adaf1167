# Runs a program as `perl main.pl` would. This text is evaluated with the program as its first argument, and the program's own after it.
package main;
$0 = 'main.pl';
$TGSAND::program = shift @ARGV;
# What follows the end of a program is read from the handle DATA.
if ($TGSAND::program =~ s/^__(?:END|DATA)__\r?\n(.*)\z//ms) {
    $TGSAND::data = $1;
    open(main::DATA, '<', \$TGSAND::data);
}
$TGSAND::has_begun = 0;
# The first statement shows that the program compiles: nothing but BEGIN blocks runs before all of it does.
$TGSAND::program = "\$TGSAND::has_begun = 1; undef \$TGSAND::program;\n#line 1 \"main.pl\"\n$TGSAND::program\n;1";
unless (eval $TGSAND::program) {
    my $error = $@;
    if (length $error) {
        print STDERR $error;
        exit($TGSAND::has_begun ? 255 : 0xe77a);
    }
}
exit 0;
