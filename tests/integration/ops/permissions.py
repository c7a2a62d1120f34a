"""What each method that a deploy calls needs, and which role has it, by Google's reference.

Only the permissions that a deploy uses are listed. The test in tests/proof/test_first_project.py writes the table of
docs/deploy.md from a run. Where the facts are from:

- methods: the section "Authorization requires" of each method's page, such as
  https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken
- roles: https://cloud.google.com/iam/docs/roles-permissions
- who must be allowed to act as an account: https://cloud.google.com/iam/docs/service-accounts-actas
- GRANT: https://cloud.google.com/bigquery/docs/control-access-to-resources-iam
"""

ACT_AS = "iam.serviceAccounts.actAs"

METHODS = {
    "serviceusage.services.list": ["serviceusage.services.list"],
    "serviceusage.services.get": ["serviceusage.services.get"],
    "serviceusage.services.batchEnable": ["serviceusage.services.enable"],
    "cloudresourcemanager.projects.get": ["resourcemanager.projects.get"],
    "cloudresourcemanager.projects.getIamPolicy": ["resourcemanager.projects.getIamPolicy"],
    "cloudresourcemanager.projects.setIamPolicy": ["resourcemanager.projects.setIamPolicy"],
    "secretmanager.projects.secrets.versions.get": ["secretmanager.versions.get"],
    "secretmanager.projects.secrets.getIamPolicy": ["secretmanager.secrets.getIamPolicy"],
    "secretmanager.projects.secrets.setIamPolicy": ["secretmanager.secrets.setIamPolicy"],
    "iam.projects.serviceAccounts.get": ["iam.serviceAccounts.get"],
    "iam.projects.serviceAccounts.create": ["iam.serviceAccounts.create"],
    "iam.projects.serviceAccounts.getIamPolicy": ["iam.serviceAccounts.getIamPolicy"],
    "iam.projects.serviceAccounts.setIamPolicy": ["iam.serviceAccounts.setIamPolicy"],
    "iamcredentials.projects.serviceAccounts.generateIdToken": ["iam.serviceAccounts.getOpenIdToken"],
    "iamcredentials.projects.serviceAccounts.generateAccessToken": ["iam.serviceAccounts.getAccessToken"],
    "cloudbuild.projects.locations.getDefaultServiceAccount": ["cloudbuild.builds.get"],
    "cloudfunctions.projects.locations.functions.get": ["cloudfunctions.functions.get"],
    "cloudfunctions.projects.locations.functions.generateUploadUrl": ["cloudfunctions.functions.sourceCodeSet"],
    "cloudfunctions.projects.locations.functions.create": ["cloudfunctions.functions.create", ACT_AS],
    "cloudfunctions.projects.locations.functions.patch": ["cloudfunctions.functions.update", ACT_AS],
    "cloudfunctions.projects.locations.operations.get": ["cloudfunctions.operations.get"],
    "cloudfunctions.projects.locations.runtimes.list": ["cloudfunctions.runtimes.list"],
    "run.namespaces.services.get": ["run.services.get"],
    "run.namespaces.services.replaceService": ["run.services.update", ACT_AS],
    "run.namespaces.revisions.list": ["run.revisions.list"],
    "run.projects.locations.services.getIamPolicy": ["run.services.getIamPolicy"],
    "run.projects.locations.services.setIamPolicy": ["run.services.setIamPolicy"],
    "cloudscheduler.projects.locations.jobs.get": ["cloudscheduler.jobs.get"],
    "cloudscheduler.projects.locations.jobs.create": ["cloudscheduler.jobs.create", ACT_AS],
    "cloudscheduler.projects.locations.jobs.patch": ["cloudscheduler.jobs.update", ACT_AS],
    "cloudscheduler.projects.locations.jobs.delete": ["cloudscheduler.jobs.delete"],
    "cloudscheduler.projects.locations.jobs.resume": ["cloudscheduler.jobs.enable"],
    "logging.projects.metrics.get": ["logging.logMetrics.get"],
    "logging.projects.metrics.create": ["logging.logMetrics.create"],
    "logging.projects.metrics.update": ["logging.logMetrics.update"],
    "monitoring.projects.notificationChannels.get": ["monitoring.notificationChannels.get"],
    "monitoring.projects.alertPolicies.list": ["monitoring.alertPolicies.list"],
    "monitoring.projects.alertPolicies.get": ["monitoring.alertPolicies.get"],
    "monitoring.projects.alertPolicies.create": ["monitoring.alertPolicies.create"],
    "monitoring.projects.alertPolicies.patch": ["monitoring.alertPolicies.update"],
    "bigquery.datasets.get": ["bigquery.datasets.get"],
    "bigquery.datasets.insert": ["bigquery.datasets.create"],
    "bigquery.jobs.query GRANT": ["bigquery.jobs.create", "bigquery.datasets.setIamPolicy"],
}

# What the deployer needs, and what the deploy grants.
ROLES = {
    "roles/serviceusage.serviceUsageAdmin": [
        "serviceusage.services.enable",
        "serviceusage.services.get",
        "serviceusage.services.list",
    ],
    "roles/resourcemanager.projectIamAdmin": [
        "resourcemanager.projects.get",
        "resourcemanager.projects.getIamPolicy",
        "resourcemanager.projects.setIamPolicy",
    ],
    "roles/iam.serviceAccountAdmin": [
        "iam.serviceAccounts.create",
        "iam.serviceAccounts.get",
        "iam.serviceAccounts.getIamPolicy",
        "iam.serviceAccounts.setIamPolicy",
        "resourcemanager.projects.get",
    ],
    "roles/iam.serviceAccountUser": [
        "iam.serviceAccounts.actAs",
        "iam.serviceAccounts.get",
        "resourcemanager.projects.get",
    ],
    "roles/secretmanager.admin": [
        "resourcemanager.projects.get",
        "secretmanager.secrets.getIamPolicy",
        "secretmanager.secrets.setIamPolicy",
        "secretmanager.versions.access",
        "secretmanager.versions.get",
    ],
    "roles/cloudfunctions.admin": [
        "cloudbuild.builds.get",
        "cloudfunctions.functions.create",
        "cloudfunctions.functions.get",
        "cloudfunctions.functions.sourceCodeSet",
        "cloudfunctions.functions.update",
        "cloudfunctions.operations.get",
        "cloudfunctions.runtimes.list",
        "resourcemanager.projects.get",
        "resourcemanager.projects.getIamPolicy",
        "run.revisions.list",
        "run.routes.invoke",
        "run.services.get",
        "run.services.getIamPolicy",
        "run.services.setIamPolicy",
        "run.services.update",
        "serviceusage.services.get",
        "serviceusage.services.list",
    ],
    "roles/cloudscheduler.admin": [
        "cloudscheduler.jobs.create",
        "cloudscheduler.jobs.delete",
        "cloudscheduler.jobs.enable",
        "cloudscheduler.jobs.get",
        "cloudscheduler.jobs.update",
        "resourcemanager.projects.get",
        "serviceusage.services.get",
        "serviceusage.services.list",
    ],
    "roles/logging.configWriter": [
        "logging.logMetrics.create",
        "logging.logMetrics.get",
        "logging.logMetrics.update",
        "resourcemanager.projects.get",
    ],
    "roles/monitoring.alertPolicyEditor": [
        "monitoring.alertPolicies.create",
        "monitoring.alertPolicies.get",
        "monitoring.alertPolicies.list",
        "monitoring.alertPolicies.update",
    ],
    "roles/monitoring.notificationChannelViewer": ["monitoring.notificationChannels.get"],
    "roles/bigquery.dataOwner": [
        "bigquery.datasets.create",
        "bigquery.datasets.get",
        "bigquery.datasets.setIamPolicy",
        "resourcemanager.projects.get",
    ],
    "roles/bigquery.jobUser": ["bigquery.jobs.create", "resourcemanager.projects.get"],
    # What the deploy grants to its own accounts, and to the deployer on the scheduler's account.
    "roles/iam.serviceAccountOpenIdTokenCreator": ["iam.serviceAccounts.getOpenIdToken"],
    "roles/run.invoker": ["run.routes.invoke"],
    "roles/secretmanager.secretAccessor": ["secretmanager.versions.access"],
    "roles/cloudbuild.builds.builder": ["artifactregistry.repositories.uploadArtifacts"],
    "roles/bigquery.dataViewer": [],
    "roles/bigquery.dataEditor": [],
}

GRANTED = frozenset(list(ROLES)[-6:])
"""The roles that a deploy grants; the others are the deployer's."""

DEPLOYER = tuple(role for role in ROLES if role not in GRANTED)
