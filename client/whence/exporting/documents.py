"""What an export asks the service."""

EXPERIMENT = "query ExportedExperiment($name: String!) { experiment(name: $name) { name description } }"
RUNS = """query ExportedRuns($where: Filter!, $first: Int!, $after: String, $below: Int!) {
  runs(where: $where, orderBy: [{field: NUMBER}], first: $first, after: $after) {
    nodes {
      uuid number name description kind status createdBy host startedAt endedAt parent { uuid } declaredSource
      attempts { id fromStep } metricContexts { subset on { ...Known } of { ...Known } }
      params { key type text value } tags { key value }
      notes(first: $below) { ...Notes }
      artifacts(first: $below) { ...Files }
    }
    pageInfo { endCursor hasNextPage }
  }
}"""
REST = """query ExportedRest($run: ID!, $below: Int!, $notes: String, $files: String) {
  run(id: $run) {
    notes(first: $below, after: $notes) { ...Notes }
    artifacts(first: $below, after: $files) { ...Files }
  }
}"""
BELOW_RUNS = """
fragment Notes on NoteConnection { nodes { text createdBy createdAt } pageInfo { endCursor hasNextPage } }
fragment Files on ArtifactConnection {
  nodes { path name size mediaType digest uri step attempt aliases downloadPath } pageInfo { endCursor hasNextPage }
}"""
SERIES = """query ExportedKeys($run: ID!, $prefix: String, $after: String) {
  run(id: $run) { series(prefix: $prefix, first: 1000, after: $after) {
    nodes { key count goal unit } pageInfo { endCursor hasNextPage }
  } }
}"""
POINTS = """query ExportedPoints($run: ID!, $keys: [String!]!, $points: Int!, $steps: StepRange) {
  metricSeries(run: $run, keys: $keys, points: $points, steps: $steps, attempts: ALL) {
    key exact count steps values timesMs attempts contexts
  }
}"""
LINEAGE = """query ExportedLineage(
  $of: [NodeRef!]!, $direction: LineageDirection!, $depth: Int!, $afterNode: String, $afterLink: String
) {
  lineage(of: $of, direction: $direction, maxDepth: $depth, stopAt: [RUN], inferred: false) {
    nodes(first: 500, after: $afterNode) { edges { node { ...Known } } pageInfo { endCursor hasNextPage } }
    links(first: 500, after: $afterLink) {
      nodes { kind source { id } target { id } edges {
        kind role subset origin producer heldFrom heldTo step mode range path entryPoint evidence
      } }
      pageInfo { endCursor hasNextPage }
    }
    completeness { complete reasons }
  }
}
"""
KNOWN = """
fragment Known on Node { __typename id
  ... on Run { uuid declaredSource }
  ... on Evaluation { run { uuid } }
  ... on DatasetVersion { name digest location size splits ...Told availability { ...Had } dataset { namespace name } }
  ... on ArtifactVersion { uri digest size mediaType ...Told availability { ...Had } }
  ... on ModelVersion { name digest stage ...Told availability { ...Had } model { ...Aliased } }
  ... on DeploymentRevision { name startedAt endedAt deployment { environment endpoint } }
  ... on CodeRevision { repository commit diffDigest }
  ... on Environment { imageDigest lockDigest hardware }
}
fragment Aliased on Model { registry name aliasTimes { alias version heldFrom } }
fragment Told on LineageFacts { description owner happenedAt placeholder declaredSource }
fragment Had on Availability { state since reason }
"""
