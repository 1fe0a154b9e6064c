"""The GraphQL operations that an import sends."""

from __future__ import annotations

_PROBLEM = "... on Problem { code message path retriable }"

_LOG = f"logBatch(input: $batch) {{ ... on LogBatchPayload {{ accepted }} {_PROBLEM} }}"

CREATE_WORKSPACE = (
    "mutation ImportWorkspace($input: CreateWorkspaceInput!) { createWorkspace(input: $input) "
    f"{{ ... on CreateWorkspacePayload {{ workspace {{ id }} }} {_PROBLEM} }} }}"
)
CREATE_EXPERIMENT = (
    "mutation ImportExperiment($input: CreateExperimentInput!) { createExperiment(input: $input) "
    f"{{ ... on CreateExperimentPayload {{ experiment {{ id }} }} {_PROBLEM} }} }}"
)
DEFINE_METRIC = (
    "mutation ImportMetricDefinition($input: DefineMetricInput!) { defineMetric(input: $input) "
    f"{{ ... on DefineMetricPayload {{ token }} {_PROBLEM} }} }}"
)
CREATE_RUN = (
    "mutation ImportRun($run: CreateRunInput!, $batch: LogBatchInput!) { createRun(input: $run) "
    f"{{ ... on CreateRunPayload {{ run {{ id }} }} {_PROBLEM} }} {_LOG} }}"
)
LOG_BATCH = f"mutation ImportBatch($batch: LogBatchInput!) {{ {_LOG} }}"
RESUME_RUN = (
    "mutation ImportResume($input: ResumeRunInput!) { resumeRun(input: $input) "
    f"{{ ... on ResumeRunPayload {{ token }} {_PROBLEM} }} }}"
)
