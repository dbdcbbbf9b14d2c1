import { type ExportedTable, JSON_TEXT, MOMENT, PLATFORM, STUDY, studyId } from '../table.js';
import { conditions, studies, studyFiles } from './running.js';

const version = { meaning: '`study_versions.number`', source: PLATFORM };

export const studyVersions: ExportedTable = {
  name: 'study_versions',
  meaning: 'The study in each version that was published; none of them was changed afterwards.',
  rows: 't.study_id = $study',
  order: 'number',
  columns: {
    study_id: studyId,
    number: { meaning: 'Of the version, from 1', source: PLATFORM },
    revision: studies.columns['revision']!,
    title: studies.columns['title']!,
    language: studies.columns['language']!,
    profile: studies.columns['profile']!,
    definition: studies.columns['definition']!,
    published_at: { meaning: 'First published', unit: MOMENT, source: PLATFORM },
    published_by: { meaning: 'By whom or what', source: 'the team' },
    software: { meaning: 'Version of the software that rendered it; empty for older ones', source: PLATFORM },
  },
};

export const conditionVersions: ExportedTable = {
  name: 'condition_versions',
  meaning:
    'The cells of the design in each version. `participants.version` and `participants.condition` say who had which.',
  rows: 't.study_id = $study',
  order: 'version, number',
  columns: {
    study_id: studyId,
    version,
    number: conditions.columns['number']!,
    name: conditions.columns['name']!,
    factors: conditions.columns['factors']!,
    document: { meaning: 'The notebook as participants of this version got it', unit: JSON_TEXT, source: STUDY },
    starter_files: conditions.columns['starter_files']!,
  },
};

export const versionFiles: ExportedTable = {
  name: 'version_files',
  meaning: 'The files of the study folder in each version.',
  rows: 't.study_id = $study',
  order: 'version, path',
  columns: {
    study_id: studyId,
    version,
    path: { meaning: 'In the study folder', source: STUDY },
    content: studyFiles.columns['content']!,
    name: {
      meaning: 'Under which pages link to it; empty for what is only read when the study is published',
      source: STUDY,
    },
    type: { meaning: 'Its media type, if pages link to it', source: STUDY },
  },
  withheld: { digest: { why: 'is computed of the content' } },
};
