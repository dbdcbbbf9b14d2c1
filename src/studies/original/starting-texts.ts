/** The original kept its pages elsewhere than its tasks: an imported study begins with these, for its author to change. */
export const startingTexts: Readonly<Record<string, string>> = {
  'texts/intro.md': `In this study you solve some programming tasks in your browser. Nothing has to be installed.

- Please use a desktop or laptop computer.
- You may stop at any time.
`,
  'texts/consent.md': `## What you will do

You will write Python code in a notebook in your browser.

## What happens to the data

Your code is stored under a random number, not under your name. Please write nothing into the notebook that identifies you or somebody else.

## Your rights

Taking part is **voluntary**: you can stop at any time, by closing the page or with the link “Withdraw from the study”, without giving a
reason and without any disadvantage.

## Whom to ask

%contactName%, %contactInstitution%, %contactEmail%, answers questions about the study and deletes your data on request.
`,
  'texts/how-to.md': `You will work in a **notebook**: a page with explanations and with cells of Python code that you can change and run.

- **Run a cell** with its button or with Shift+Enter. What it prints appears below it.
- If a program does not end, **interrupt** it. If nothing else helps, **restart** Python and run the cells again.
- When you are done with a task, go on to the **next** one. If you get stuck, you can **skip** it.

We are preparing a computer for you. Here you see when it is ready:
`,
};

/** The fields of study.yaml that go with them. */
export const startingStudy = (id: string, title: string) => ({
  ...{ id, title, language: 'en' },
  values: { contactName: '[your name]', contactInstitution: '[institution]', contactEmail: '[e-mail address]' },
  texts: { intro: 'texts/intro.md', consent: 'texts/consent.md', howTo: 'texts/how-to.md' },
  exitSurvey: {
    questions: [{ id: 'comments', kind: 'text', question: 'What else should we know?', lines: 4, required: false }],
  },
});
