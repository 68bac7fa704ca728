const app = <App name="{{ name }}" />; if (a<B) run()
