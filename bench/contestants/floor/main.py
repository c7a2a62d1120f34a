"""The smallest function on the same four packages: it imports them and answers."""

import functions_framework
from flask import Request
from google.cloud import bigquery
from pydantic import BaseModel  # `import pydantic` alone would load nothing
from slack_sdk import WebClient

USED = (bigquery.Client, BaseModel, WebClient)


@functions_framework.http
def check_data_availability(_request: Request) -> str:
    """Answer."""
    return "alive"
