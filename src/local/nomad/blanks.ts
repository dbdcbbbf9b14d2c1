import type { JsonObject } from './json.js';

/** Empty objects of Nomad's API, as its job parser answers them for a file that says nothing about a field. */
const nulls = (...fields: string[]): JsonObject => Object.fromEntries(fields.map((field) => [field, null]));

export const blankJob = (): JsonObject => ({
  ...nulls('Affinities', 'AllAtOnce', 'Constraints', 'ConsulNamespace', 'ConsulToken', 'CreateIndex', 'Datacenters'),
  ...nulls('DispatchIdempotencyToken', 'ID', 'JobModifyIndex', 'Meta', 'Migrate', 'ModifyIndex', 'Multiregion', 'Name'),
  ...nulls('Namespace', 'NodePool', 'NomadTokenID', 'ParameterizedJob', 'ParentID', 'Payload', 'Periodic', 'Priority'),
  ...nulls('Region', 'Reschedule', 'Spreads', 'Stable', 'Status', 'StatusDescription', 'Stop', 'SubmitTime'),
  ...nulls('TaskGroups', 'Type', 'Update', 'VaultNamespace', 'VaultToken', 'Version'),
  Dispatched: false,
});

export const blankGroup = (): JsonObject => ({
  ...nulls('Affinities', 'Constraints', 'Consul', 'Count', 'EphemeralDisk', 'MaxClientDisconnect', 'Meta', 'Migrate'),
  ...nulls('Name', 'Networks', 'ReschedulePolicy', 'RestartPolicy', 'Scaling', 'Services', 'ShutdownDelay', 'Spreads'),
  ...nulls('StopAfterClientDisconnect', 'Tasks', 'Update', 'Volumes'),
});

export const blankTask = (): JsonObject => ({
  ...nulls('Affinities', 'Artifacts', 'Config', 'Constraints', 'DispatchPayload', 'Env', 'Identity', 'KillTimeout'),
  ...nulls('Lifecycle', 'LogConfig', 'Meta', 'Resources', 'RestartPolicy', 'ScalingPolicies', 'Services', 'Templates'),
  ...nulls('Vault', 'VolumeMounts'),
  Driver: '',
  KillSignal: '',
  Kind: '',
  Leader: false,
  Name: '',
  ShutdownDelay: 0,
  User: '',
});

export const blankService = (): JsonObject => ({
  ...nulls('CanaryMeta', 'CanaryTags', 'CheckRestart', 'Checks', 'Connect', 'Meta', 'TaggedAddresses', 'Tags'),
  Address: '',
  AddressMode: '',
  EnableTagOverride: false,
  Name: '',
  OnUpdate: '',
  PortLabel: '',
  Provider: '',
  TaskName: '',
});

export const blankCheck = (): JsonObject => ({
  ...nulls('Args', 'CheckRestart', 'Header'),
  ...Object.fromEntries(
    ['AddressMode', 'Advertise', 'Body', 'Command', 'GRPCService', 'InitialStatus', 'Method', 'Name', 'OnUpdate']
      .concat('Path', 'PortLabel', 'Protocol', 'TLSServerName', 'TaskName', 'Type')
      .map((field) => [field, '']),
  ),
  Expose: false,
  FailuresBeforeCritical: 0,
  GRPCUseTLS: false,
  Interval: 0,
  SuccessBeforePassing: 0,
  TLSSkipVerify: false,
  Timeout: 0,
});

export const blankNetwork = (): JsonObject => ({
  ...nulls('DNS', 'DynamicPorts', 'MBits', 'ReservedPorts'),
  CIDR: '',
  Device: '',
  Hostname: '',
  IP: '',
  Mode: '',
});

export const blankPort = (): JsonObject => ({ HostNetwork: '', Label: '', To: 0, Value: 0 });

export const blankParameterized = (): JsonObject => ({ MetaOptional: null, MetaRequired: null, Payload: '' });

export const blankDisk = (): JsonObject => nulls('Migrate', 'SizeMB', 'Sticky');

export const blankRestart = (): JsonObject => nulls('Attempts', 'Delay', 'Interval', 'Mode', 'RenderTemplates');

export const blankReschedule = (): JsonObject =>
  nulls('Attempts', 'Delay', 'DelayFunction', 'Interval', 'MaxDelay', 'Unlimited');

export const blankResources = (): JsonObject =>
  nulls('CPU', 'Cores', 'Devices', 'DiskMB', 'IOPS', 'MemoryMB', 'MemoryMaxMB', 'Networks');

export const blankLogs = (): JsonObject => nulls('Disabled', 'Enabled', 'MaxFileSizeMB', 'MaxFiles');
