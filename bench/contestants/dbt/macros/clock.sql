{# The time that ages and deadlines are measured against. DuckDB has its own clock; this one is dbt's, which check.py sets.
   The first is read by dbt's freshness, the second by Elementary's tests. #}
{% macro duckdb__current_timestamp() -%}
  TIMESTAMPTZ '{{ run_started_at }}'
{%- endmacro %}

{% macro duckdb__current_timestamp_backcompat() -%}
  TIMESTAMP '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S.%f") }}'
{%- endmacro %}
