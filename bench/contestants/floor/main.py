"""The least that a function of the same four packages can be: it imports what one is built of, and answers."""

import functions_framework
from flask import Request
from google.cloud import bigquery
from pydantic import BaseModel  # of itself, pydantic imports nothing before a name of it is asked for
from slack_sdk import WebClient

USED = (bigquery.Client, BaseModel, WebClient)


@functions_framework.http
def check_data_availability(_request: Request) -> str:
    """Answer."""
    return "alive"
