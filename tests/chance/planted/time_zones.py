import calendar
import datetime
import email.utils
import logging
import time


def local_hour(seconds: int) -> int:
    return time.localtime(abs(seconds) % 10**9).tm_hour


def local_text(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(abs(seconds) % 10**9).isoformat()


def local_date(seconds: int) -> str:
    moment = time.localtime(abs(seconds) % 10**9)
    return f"{moment.tm_mday:02}.{moment.tm_mon:02}. {moment.tm_hour:02}:{moment.tm_min:02}"


def to_epoch(day: int) -> float:
    return time.mktime((2001, 5, day % 28 + 1, 12, 0, 0, 0, 0, -1))


def to_timestamp(day: int) -> float:
    return datetime.datetime(2020, 1, day % 28 + 1, 8).timestamp()


def formatted(seconds: int) -> str:
    return time.strftime("%H:%M", time.localtime(abs(seconds) % 10**8))


def text_time(seconds: int) -> str:
    return time.ctime(abs(seconds) % 10**8)


def zone_offset(hours: int) -> int:
    return hours * 3600 - time.timezone


def zone_name(city: str) -> str:
    return f"{city} ({time.tzname[0]})"


def with_local_zone(day: int) -> str:
    return datetime.datetime(2021, 6, day % 28 + 1, 12).astimezone().isoformat()


def to_utc(hour: int) -> str:
    local = datetime.datetime(2022, 3, 4, hour % 24)
    return local.astimezone(datetime.timezone.utc).strftime("%d %H:%M")


def log_time(seconds: int) -> str:
    record = logging.LogRecord("app", 20, "app.py", 1, "message", (), None)
    record.created, record.msecs = abs(seconds) % 10**8, 0
    return logging.Formatter("%(asctime)s").format(record)


def mail_date(seconds: int) -> str:
    return email.utils.formatdate(abs(seconds) % 10**8, localtime=True)


def date_of_timestamp(seconds: int) -> list[str]:
    start = abs(seconds) % 10**6 * 86400
    return [datetime.date.fromtimestamp(start % 10**9 + hour * 3600).isoformat() for hour in range(24)]


def local_minus_utc(seconds: int) -> int:
    moment = abs(seconds) % 10**8
    return calendar.timegm(time.localtime(moment)) - moment
