// A captcha without a widget: the token is fetched when the form is sent.
const form = document.querySelector('form[data-captcha-key]');
const field = form.querySelector('input[data-captcha-token]');

form.addEventListener('submit', (event) => {
  // Without the service's script the server says what is missing.
  if (field.value !== '' || typeof grecaptcha === 'undefined') return;
  event.preventDefault();
  grecaptcha.ready(async () => {
    try {
      field.value = await grecaptcha.execute(form.dataset.captchaKey, { action: 'consent' });
    } finally {
      form.submit();
    }
  });
});

// A token is good for once, and a page that was gone back to still has it.
addEventListener('pageshow', () => {
  field.value = '';
});
