import calendar
import datetime
import email.utils
import time
from datetime import timedelta, timezone


def utc_hour(seconds: int) -> int:
    return time.gmtime(abs(seconds) % 10**9).tm_hour


def utc_text(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(abs(seconds) % 10**9, tz=timezone.utc).isoformat()


def formatted_utc(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(abs(seconds) % 10**9))


def epoch_of_utc(day: int) -> int:
    return calendar.timegm((2001, 5, day % 28 + 1, 12, 0, 0))


def aware_timestamp(day: int) -> float:
    return datetime.datetime(2020, 1, day % 28 + 1, tzinfo=timezone.utc).timestamp()


def in_fixed_zone(hours: int) -> str:
    zone = timezone(timedelta(hours=hours % 12))
    return datetime.datetime(2022, 6, 1, 12, tzinfo=timezone.utc).astimezone(zone).isoformat()


def mail_date(seconds: int) -> str:
    return email.utils.formatdate(abs(seconds) % 10**8, usegmt=True)


def offset_text(minutes: int) -> str:
    return str(timezone(timedelta(minutes=minutes % 1440 - 720)))


def naive_difference(left: int, right: int) -> float:
    first = datetime.datetime(2020, 1, left % 28 + 1)
    return (datetime.datetime(2020, 1, right % 28 + 1) - first).total_seconds()


def roundtrip(seconds: int) -> bool:
    seconds = abs(seconds) % 10**9
    return calendar.timegm(time.gmtime(seconds)) == seconds


def local_roundtrip(seconds: int) -> float:
    moment = datetime.datetime.fromtimestamp(abs(seconds) % 10**9)
    return moment.timestamp()


def formatted_naive(hour: int) -> str:
    return datetime.datetime(2021, 3, 4, hour % 24, 5).strftime("%H:%M")


def utc_offset_of_text(text: str) -> float | None:
    try:
        moment = datetime.datetime.fromisoformat(f"2020-01-01T00:00:00{text}")
    except ValueError:
        return None
    return moment.utcoffset().total_seconds() if moment.tzinfo else 0.0


def there_and_back(seconds: int) -> float:
    moment = datetime.datetime.fromtimestamp(abs(seconds) % 10**9)
    assert type(moment) is datetime.datetime
    return moment.astimezone(timezone.utc).timestamp()


def text_of_fields(day: int) -> str:
    return time.asctime((2020, 2, day % 28 + 1, 1, 2, 3, day % 7, day % 28 + 32, 0))
