import tseslint from 'typescript-eslint';

/** What each folder of src may import, as DESIGN says: arrows point one way. */
const arrows = {
  platform: ['platform'],
  studies: ['studies', 'platform'],
  participants: ['participants', 'studies', 'platform'],
  landing: ['landing', 'participants', 'studies', 'platform'],
  gate: ['gate', 'participants', 'studies', 'platform'],
  submit: ['submit', 'participants', 'studies', 'platform'],
  control: ['control', 'participants', 'studies', 'platform'],
  manager: ['manager', 'participants', 'studies', 'platform'],
  doctor: ['doctor', 'participants', 'studies', 'platform'],
  deploy: ['deploy', 'participants', 'studies', 'platform'],
  simulate: ['simulate', 'participants', 'studies', 'platform'],
  local: ['local', 'studies', 'platform'],
};
const folders = [...Object.keys(arrows), 'cli'];

const arrowRules = Object.entries(arrows).map(([folder, allowed]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${folders.filter((name) => !allowed.includes(name)).join('|')})/`,
            message: `src/${folder} may import only ${allowed.join(', ')}`,
          },
          { regex: '/(test|bench|notebook)/', message: 'src never imports tests, benches or the browser page' },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['node_modules', 'dist', '.cache', '.run'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'notebook/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/dot-notation': 'off',
      'no-console': 'error',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [] }],
      'no-console': 'off',
    },
  },
  { files: ['src/cli/**/*.ts', 'src/local/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
  ...arrowRules,
  {
    files: ['src/manager/plan/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^\\.\\./(?!\\.\\./(platform|participants)/)', message: 'the plan decides and does nothing' },
          ],
        },
      ],
    },
  },
);
