# Runs a program as `ruby main.rb` would. Ruby is started with `-e` this text, and the program is its first argument.
$stdout.sync = true
$stderr.sync = true
$0 = "main.rb"
begin
  program = RubyVM::InstructionSequence.compile(ARGV.shift, "main.rb", "main.rb")
rescue SyntaxError => error
  STDERR.puts error.message
  exit!(0x5e77a)
end
program.eval
