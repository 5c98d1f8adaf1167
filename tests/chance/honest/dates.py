import calendar
import datetime
from datetime import date, timedelta, timezone


def weekday_name(year: int, month: int, day: int) -> str:
    return calendar.day_name[date(year % 400 + 1900, month % 12 + 1, day % 28 + 1).weekday()]


def age_on(birth_year: int, year: int) -> int:
    return year - birth_year


def greeting(hour: int) -> str:
    hour %= 24
    return "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"


def is_leap(year: int) -> bool:
    return calendar.isleap(year)


def days_in_month(year: int, month: int) -> int:
    return calendar.monthrange(abs(year) % 3000 + 1, month % 12 + 1)[1]


def add_days(days: int) -> str:
    return (date(2000, 1, 1) + timedelta(days=days % 100000)).isoformat()


def parsed(text: str) -> str | None:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError:
        return None


def fixed_now(hours: int) -> str:
    now = datetime.datetime(2024, 5, 17, 12, 30)
    return (now + timedelta(hours=hours % 1000)).isoformat()


def utc_from_seconds(seconds: int) -> str:
    return datetime.datetime.fromtimestamp(abs(seconds) % 10**9, timezone.utc).isoformat()


def easter(year: int) -> str:
    year = abs(year) % 3000 + 1583
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return f"{year}-{month:02}-{day + 1:02}"


def business_days(days: int) -> int:
    start = date(2023, 1, 2)
    return sum((start + timedelta(days=offset)).weekday() < 5 for offset in range(abs(days) % 60))


def quarter(month: int) -> int:
    return month % 12 // 3 + 1


def injected_clock(offset: int) -> str:
    def clock():
        return datetime.datetime(2020, 2, 29)
    return (clock() + timedelta(days=offset % 365)).strftime("%d/%m/%Y")


def today_is_today(offset: int) -> bool:
    later = date.today() + timedelta(days=abs(offset) % 1000)
    return later >= date.today() - timedelta(days=1)


def week_number(day: int) -> int:
    return (date(2021, 1, 1) + timedelta(days=day % 3650)).isocalendar()[1]
