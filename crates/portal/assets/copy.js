// Buttons that copy what a field holds. Without scripts there are none.

for (const button of document.querySelectorAll('[data-copy]')) {
  const field = document.getElementById(button.dataset.copy);
  const words = button.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(field.value ?? field.textContent);
    button.textContent = 'Copied';
    button.addEventListener('blur', () => { button.textContent = words; }, { once: true });
  });
}
