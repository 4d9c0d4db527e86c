// Shows the order's lines where there is room for them beside the form.

const details = document.getElementById('order-details');
if (details) details.open = window.matchMedia('(min-width: 60rem)').matches;
