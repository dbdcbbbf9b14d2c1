// Browsers save what they print as a PDF too. Without a script there is their menu, so the button is shown by this.
const button = document.querySelector('[data-print]');
button.hidden = false;
button.addEventListener('click', () => print());
