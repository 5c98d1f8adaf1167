import calendar
import datetime
import time
from datetime import date, timedelta, timezone


def iso_now(label: str) -> str:
    return f"{label}: {datetime.datetime.now().isoformat()}"


def age(birth_year: int) -> int:
    return date.today().year - birth_year


def greeting(name: str) -> str:
    hour = datetime.datetime.now().hour
    if hour < 12:
        return f"Good morning, {name}"
    return f"Good afternoon, {name}" if hour < 18 else f"Good evening, {name}"


def is_weekend_today(offset: int) -> bool:
    return (date.today() + timedelta(days=offset % 7)).weekday() >= 5


def today_weekday(language: str) -> str:
    return f"{language}:{date.today():%A}"


def is_leap_now(years: int) -> bool:
    return calendar.isleap(date.today().year + years % 4)


def year_parity(value: int) -> bool:
    return (date.today().year + value) % 2 == 0


def month_name(prefix: str) -> str:
    return prefix + calendar.month_name[date.today().month]


def days_until(day: int) -> int:
    today = date.today()
    target = date(today.year, 12, day % 28 + 1)
    return (target - today).days


def utc_stamp(tag: str) -> str:
    return datetime.datetime.now(timezone.utc).strftime("%Y%m%d") + tag


def is_business_hours(shift: int) -> bool:
    return 9 <= (datetime.datetime.now(timezone.utc).hour + shift) % 24 < 17


def copyright_line(owner: str) -> str:
    return f"(c) {time.strftime('%Y', time.gmtime())} {owner}"


def quarter(offset: int) -> int:
    return (date.today().month - 1 + offset) // 3 % 4 + 1


def is_card_valid(month: int) -> bool:
    now = datetime.datetime.now()
    return now.month <= month % 12 + 1


def day_of_year(offset: int) -> int:
    return date.today().timetuple().tm_yday + offset
