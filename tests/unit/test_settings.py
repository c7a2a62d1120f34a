"""The settings: what is accepted, and the one line that names what is not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from monitor.core.alerts import Channel
from monitor.settings import SettingsError, load_settings

REQUIRED = {"GCP_PROJECT_ID": "nba"}
WEBHOOK = "https://hooks.slack.com/services/T0/B0/a-secret"


def test_one_setting_is_enough() -> None:
    settings = load_settings(REQUIRED)
    assert settings.schedule_sources == ("espn", "nbac")
    assert settings.phase4_sources == ("player_composite_factors",)
    assert settings.monitoring_dataset == "nba_monitoring"
    assert settings.rules.schedule_max_age == timedelta(hours=48)
    assert date(2026, 7, 4) in settings.rules.off_season
    assert settings.deadlines.predictions_at(date(2026, 1, 18)) == datetime(2026, 1, 18, 18, tzinfo=UTC)


def test_a_url_may_end_in_a_slash() -> None:
    settings = load_settings(
        {**REQUIRED, "BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:9050/", "PHASE4_URL": "https://phase4.example.com/"}
    )
    assert settings.bigquery_emulator_host == "http://127.0.0.1:9050"
    assert settings.phase4_url == "https://phase4.example.com"


def test_predictions_start_at_the_local_time_of_their_zone() -> None:
    settings = load_settings({**REQUIRED, "PREDICTIONS_AT": "13:00", "PREDICTIONS_TIMEZONE": "America/New_York"})
    assert settings.deadlines.predictions_at(date(2026, 1, 18)) == datetime(2026, 1, 18, 18, tzinfo=UTC)
    assert settings.deadlines.predictions_at(date(2026, 6, 5)) == datetime(2026, 6, 5, 17, tzinfo=UTC)  # summer time


def test_an_hour_may_have_one_digit() -> None:
    assert load_settings({**REQUIRED, "PHASE4_DUE_AT": "7:30"}).phase4_due_at.hour == 7


def test_phase_4_is_due_by_the_leagues_clock() -> None:
    settings = load_settings({**REQUIRED, "PHASE4_DUE_AT": "11:15"})
    assert settings.deadlines.due_at(date(2026, 1, 18)) == datetime(2026, 1, 18, 16, 15, tzinfo=UTC)
    assert settings.deadlines.due_at(date(2026, 3, 8)) == datetime(2026, 3, 8, 15, 15, tzinfo=UTC)  # summer time
    assert settings.deadlines.predictions_due_at(date(2026, 1, 18)) == datetime(2026, 1, 18, 18, 30, tzinfo=UTC)


def test_no_source_of_predictions_switches_them_off() -> None:
    assert load_settings({**REQUIRED, "PREDICTIONS_SOURCE": ""}).predictions_source == ()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"SCHEDULE_AUTHORITY": "bdl"},
            (
                "SCHEDULE_AUTHORITY=bdl is not one of SCHEDULE_SOURCES=espn,nbac: name one of them, the schedule whose "
                "silence proves that there are no games"
            ),
        ),
        # Who leaves NBA.com out of the sources has to say who decides instead.
        ({"SCHEDULE_SOURCES": "espn"}, "SCHEDULE_AUTHORITY=nbac is not one of SCHEDULE_SOURCES=espn: "),
        (
            {"PHASE4_DUE_AT": "14:01"},
            (
                "PHASE4_DUE_AT=14:01 America/New_York is after the start of predictions at 18:00 UTC: "
                "alerts would come too late"
            ),
        ),
        # In winter 13:30 is after 18:00 UTC, and in summer it is not: that is enough.
        ({"PHASE4_DUE_AT": "13:30"}, "PHASE4_DUE_AT=13:30 America/New_York is after"),
    ],
)
def test_settings_that_contradict_each_other_do_not_boot(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings({**REQUIRED, **given})
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GCP_PROJECT_ID", "", "GCP_PROJECT_ID: "),
        ("GCP_PROJECT_ID", "nba; DROP TABLE", "GCP_PROJECT_ID: "),
        ("MONITORING_DATASET", "nba.monitoring", "MONITORING_DATASET: "),
        ("MONITORING_DATASET", "`x`", "MONITORING_DATASET: "),
        (
            "BIGQUERY_EMULATOR_HOST",
            "localhost:9050",
            "BIGQUERY_EMULATOR_HOST: 'localhost:9050' is not a URL such as http",
        ),  # http:// is required
        ("SCHEDULE_SOURCES", "", "SCHEDULE_SOURCES: must name at least one of bdl, espn, nbac"),
        ("SCHEDULE_SOURCES", "espn,nba", "SCHEDULE_SOURCES: must name at least one of bdl, espn, nbac; got 'espn,nba'"),
        ("SCHEDULE_SOURCES", "../queries/history", "SCHEDULE_SOURCES: must name at least one of"),
        ("PHASE3_SOURCE", "upcoming_team_game_context", "PHASE3_SOURCE: must name at least one of"),
        ("PHASE4_SOURCES", "espn", "PHASE4_SOURCES: must name at least one of ml_feature_store_v2"),
        ("MIN_PLAYERS_PER_TEAM", "0", "MIN_PLAYERS_PER_TEAM: "),  # nothing would be ready
        ("MIN_PLAYERS_PER_TEAM", "five", "MIN_PLAYERS_PER_TEAM: "),
        ("MIN_COVERAGE", "80", "MIN_COVERAGE: "),  # a fraction, not a percentage
        ("MIN_COVERAGE", "nan", "MIN_COVERAGE: "),
        ("SCHEDULE_MAX_AGE", "48h", "SCHEDULE_MAX_AGE: '48h' is not a number of hours, such as 48"),
        ("SCHEDULE_MAX_AGE", "0", "SCHEDULE_MAX_AGE: "),
        ("SCHEDULE_MAX_AGE", "inf", "SCHEDULE_MAX_AGE: "),
        ("SCHEDULE_MAX_AGE", "nan", "SCHEDULE_MAX_AGE: "),
        ("OFF_SEASON", "June", "OFF_SEASON: 'June' is not of the form 06-25/10-01"),
        ("EXPECTED_GAPS", "2025-10-21", "EXPECTED_GAPS: '2025-10-21' gives no reason"),
        ("LEAGUE_TIMEZONE", "Eastern", "LEAGUE_TIMEZONE: 'Eastern' is not a time zone"),
        ("LEAGUE_TIMEZONE", "../etc/passwd", "LEAGUE_TIMEZONE: "),
        ("PREDICTIONS_AT", "6 PM", "PREDICTIONS_AT: '6 PM' is not a time of day, such as 18:00"),
        *(
            ("PREDICTIONS_AT", clock, f"PREDICTIONS_AT: '{clock}' is not a time of day")
            for clock in ("8", "18", "1800", "18:00:00", "18:00Z", "24:00", "-8:00", "")  # ISO 8601, but not all of it
        ),
        ("DEADLINE_WARNING", "2h", "DEADLINE_WARNING: '2h' is not a whole number of minutes, such as 120"),
        ("DEADLINE_WARNING", "-5", "DEADLINE_WARNING: "),
        ("SILENCES", "2026-01-18", "SILENCES: '2026-01-18' is not of the form"),
        ("SLACK_WEBHOOK_URL", "hooks.slack.com", "SLACK_WEBHOOK_URL: is not an https:// URL"),
        # 2026-05-15: with an empty variable, no message was sent and nobody noticed.
        ("SLACK_WEBHOOK_URL", "", "SLACK_WEBHOOK_URL: is not an https:// URL; correct it or unset it"),
        ("SLACK_BOT_TOKEN", "", "SLACK_BOT_TOKEN: is not a bot token, which starts with xoxb-"),
        ("SLACK_BOT_TOKEN", "xoxp-1-a", "SLACK_BOT_TOKEN: is not a bot token"),  # a person's token
        ("SLACK_BOT_TOKEN", "xoxb-1-a\n", "SLACK_BOT_TOKEN: is not a bot token"),  # `echo` into the secret
        ("SLACK_BOT_TOKEN", "xoxb-1-a", "SLACK_BOT_TOKEN and SLACK_CHANNEL go together"),  # nowhere to post
        ("SLACK_CHANNEL", "alerts", "SLACK_BOT_TOKEN and SLACK_CHANNEL go together"),
        ("SLACK_CHANNEL", "", "SLACK_CHANNEL: "),
        ("HEARTBEAT_URL", "hc-ping.com", "HEARTBEAT_URL: is not an https:// URL"),
        # Anyone on the way could read the secret.
        ("HEARTBEAT_URL", "http://hc-ping.com/a", "HEARTBEAT_URL: is not an https:// URL"),
        ("PHASE4_URL", "phase4", "PHASE4_URL: is not an https:// URL"),
        # Slack would refuse the message, and the alert would be lost.
        ("RUNBOOK_URL", f"https://wiki.example.com/{'x' * 500}", "RUNBOOK_URL: "),
        ("DASHBOARD_URL", "http://monitor.example.com", "DASHBOARD_URL: is not an https:// URL"),
        # A handle would stay text, and call nobody.
        ("SLACK_MENTION", "@oncall", "SLACK_MENTION: '@oncall' is not the ID of a user or a user group, such as S0123"),
        ("SLACK_MENTION", "<!here> now", "SLACK_MENTION: "),
        ("SLACK_MENTION", "", "SLACK_MENTION: "),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({**REQUIRED, name: value})
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"GCP_PROJECT_ID: is required but not set; MIN_COVERAGE: "):
        load_settings({"MIN_COVERAGE": "2"})


@pytest.mark.parametrize(
    ("given", "mention"),
    [
        ("U0123ABCD", "<@U0123ABCD>"),
        ("W0123ABCD", "<@W0123ABCD>"),  # a user of an Enterprise organization
        ("S0123ABCD", "<!subteam^S0123ABCD>"),
        ("here", "<!here>"),
        ("channel", "<!channel>"),
        # As Slack writes them itself.
        ("<@U0123ABCD>", "<@U0123ABCD>"),
        ("<!subteam^S0123ABCD>", "<!subteam^S0123ABCD>"),
        ("<!here>", "<!here>"),
    ],
)
def test_a_mention_is_written_as_slack_takes_it(given: str, mention: str) -> None:
    assert load_settings({**REQUIRED, "SLACK_MENTION": given}).slack_mention == mention


def test_a_bot_is_preferred_to_a_webhook() -> None:
    bot = {"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_CHANNEL": "#alerts"}
    assert load_settings({**REQUIRED, **bot}).channel is Channel.BOT
    assert load_settings({**REQUIRED, **bot, "SLACK_WEBHOOK_URL": WEBHOOK}).channel is Channel.BOT
    assert load_settings({**REQUIRED, "SLACK_WEBHOOK_URL": WEBHOOK}).channel is Channel.WEBHOOK
    assert load_settings(REQUIRED).channel is None


SECRETS = {
    "SLACK_WEBHOOK_URL": (WEBHOOK, WEBHOOK.replace("https", "htp")),
    "SLACK_BOT_TOKEN": ("xoxb-a-secret", "a-secret"),
    "HEARTBEAT_URL": ("https://hc-ping.com/a-secret", "a-secret"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_never_shown(name: str) -> None:
    good, malformed = SECRETS[name]
    settings = load_settings({**REQUIRED, "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_CHANNEL": "alerts", name: good})
    assert "a-secret" not in f"{settings!r} {settings}"
    with pytest.raises(SettingsError) as error:
        load_settings({**REQUIRED, name: malformed})
    assert "a-secret" not in str(error.value)
