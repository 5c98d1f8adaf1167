<?php
// Runs a program as `php main.php` would. PHP reads this text from its stdin, so the program, its stdin and its arguments come in
// variables of the environment, which are emptied.
final class TgsandFiles {
    public static string $program = '';
    public $context;
    private int $at = 0;
    // The program is the one file there is, and it is read once.
    public function stream_open(string $path): bool { return $path === '/main.php' && self::$program !== ''; }
    public function stream_read(int $count): string { $part = substr(self::$program, $this->at, $count); $this->at += strlen($part); return $part; }
    public function stream_eof(): bool { return $this->at >= strlen(self::$program); }
    public function stream_stat(): array { return ['size' => strlen(self::$program)]; }
    public function stream_set_option(): bool { return false; }
    public function stream_close(): void { self::$program = ''; }
    public function url_stat(): bool { return false; }
}
// PHP's own streams have no way to stdin, which is given here, nor to stderr.
final class TgsandStreams {
    public static $stdin;
    public static string $unsaid = '';
    public $context;
    private string $name = '';
    private $own;
    public function stream_open(string $path, string $mode): bool {
        $this->name = strtolower(substr($path, 6));
        if ($this->name === 'stdin') { $this->own = self::$stdin; return true; }
        if ($this->name === 'stderr') return true;
        stream_wrapper_restore('php');
        $this->own = @fopen($this->name === 'stdout' ? 'php://output' : $path, $mode);
        self::register();
        return $this->own !== false;
    }
    public static function register(): void { stream_wrapper_unregister('php'); stream_wrapper_register('php', self::class); }
    public function stream_read(int $count): string|false { return $this->own ? fread($this->own, $count) : false; }
    public function stream_write(string $text): int|false {
        if ($this->name !== 'stderr') return fwrite($this->own, $text);
        $lines = explode("\n", self::$unsaid . $text);
        self::$unsaid = array_pop($lines);
        foreach ($lines as $line) error_log($line, 4);
        return strlen($text);
    }
    public function stream_eof(): bool { return !$this->own || feof($this->own); }
    public function stream_tell(): int { return (int) ftell($this->own); }
    public function stream_seek(int $offset, int $whence): bool { return $this->own && $this->name !== 'stdin' && fseek($this->own, $offset, $whence) === 0; }
    public function stream_flush(): bool { return !$this->own || fflush($this->own); }
    public function url_stat(): array { return ['mode' => 0o020666]; }
    public function stream_truncate(int $size): bool { return ftruncate($this->own, $size); }
    public function stream_stat(): array|false { return $this->own ? fstat($this->own) : []; }
    public function stream_set_option(): bool { return false; }
    public function stream_close(): void { if ($this->own && $this->name !== 'stdin') fclose($this->own); }
}
TgsandFiles::$program = (string) getenv('TGSAND_PROGRAM');
TgsandStreams::$stdin = fopen('php://memory', 'r+');
fwrite(TgsandStreams::$stdin, base64_decode((string) getenv('TGSAND_STDIN')));
rewind(TgsandStreams::$stdin);
TgsandStreams::register();
register_shutdown_function(static function (): void { register_shutdown_function(static function (): void { if (TgsandStreams::$unsaid !== '') error_log(TgsandStreams::$unsaid, 4); }); });
define('STDIN', TgsandStreams::$stdin);
define('STDOUT', fopen('php://stdout', 'w'));
define('STDERR', fopen('php://stderr', 'w'));
stream_set_write_buffer(STDERR, 0);
$argv = $_SERVER['argv'] = json_decode((string) getenv('TGSAND_ARGUMENTS'));
$argc = $_SERVER['argc'] = count($argv);
foreach (['TGSAND_PROGRAM', 'TGSAND_STDIN', 'TGSAND_ARGUMENTS'] as $name) { putenv("$name="); putenv($name); unset($_ENV[$name], $_SERVER[$name]); }
unset($name);
if (!function_exists('readline')) {
    function readline(?string $prompt = null): string|false { echo $prompt; $line = fgets(STDIN); return $line === false ? false : rtrim($line, "\r\n"); }
}
stream_wrapper_unregister('file');
stream_wrapper_register('file', TgsandFiles::class);
if (TgsandFiles::$program === '') exit(0);
try {
    include '/main.php';
} catch (ParseError $error) {
    if ($error->getFile() !== '/main.php' || count($error->getTrace()) > 1) throw $error;
    error_log("PHP Parse error:  {$error->getMessage()} in /main.php on line {$error->getLine()}", 4);
    exit(0x5e77a);
}
