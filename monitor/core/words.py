"""Formats times, with their zone, and durations for messages and the dashboard. Pure."""

from datetime import UTC, date, datetime, timedelta, tzinfo

NONE = "—"
"""Shown where there is no value."""

PHASES = {"phase3": "Phase 3", "phase4": "Phase 4"}

AUTHORIZATION = '-H "Authorization: Bearer $(gcloud auth print-identity-token)"'
"""The authorization that a command for a person needs."""


def clock(moment: datetime | None, day: date, zone: tzinfo) -> str:
    """A time with its zone, and with its date if that is not `day`."""
    if moment is None:
        return NONE
    try:
        there = moment.astimezone(zone)
    except OverflowError:  # the first or last day of the calendar: a placeholder
        return NONE
    year = f", {there.year}" if there.year != day.year else ""
    other_day = f"{there:%b %-d}{year}, " if there.date() != day else ""
    return f"{other_day}{there:%H:%M UTC}" if zone is UTC else f"{other_day}{there:%-I:%M %p %Z}"


def both_clocks(moment: datetime | None, zone: tzinfo, day: date) -> str:
    """A time in the league's zone and in UTC: `8:00 AM EST (13:00 UTC)`."""
    if moment is None:
        return "at an unknown time"
    return f"{clock(moment, day, zone)} ({clock(moment, day, UTC)})"


def duration(span: timedelta) -> str:
    """`4 h 30 min`, or whole days from two days on. Clocks differ between machines, so a negative span is 0 min."""
    minutes = max(0, round(span / timedelta(minutes=1)))
    if minutes >= 48 * 60:
        return f"{minutes // (24 * 60)} days"
    hours, minutes = divmod(minutes, 60)
    return " ".join([f"{hours} h"] * (hours > 0) + [f"{minutes} min"] * (minutes > 0 or hours == 0))


def against(minutes: int | None) -> str:
    """Minutes before predictions start, as `5 h before` or `30 min after`."""
    if minutes is None:
        return NONE
    return f"{duration(timedelta(minutes=abs(minutes)))} {'before' if minutes >= 0 else 'after'}"


def day_name(day: date) -> str:
    """`Sun Jan 18, 2026`."""
    return f"{day:%a %b %-d, %Y}"
