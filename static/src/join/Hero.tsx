/** The picture of the landing page: an agent and a customer facing each other over the bank's colour. */

export function Hero() {
  return (
    <svg
      className="join-hero"
      viewBox="0 0 350 232"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden
    >
      <rect width="350" height="232" fill="var(--brand)" />
      <g fill="none" stroke="var(--on-brand)" strokeOpacity=".16" strokeWidth="17">
        <path d="M-30 88c54-46 104-46 160 0s106 46 160 0 70-46 120-20" />
        <path d="M-30 140c54-46 104-46 160 0s106 46 160 0 70-46 120-20" />
        <path d="M-30 192c54-46 104-46 160 0s106 46 160 0 70-46 120-20" />
        <path d="M-30 244c54-46 104-46 160 0s106 46 160 0 70-46 120-20" />
      </g>
      <Agent />
      <Customer />
    </svg>
  );
}

function Agent() {
  return (
    <g>
      <clipPath id="hero-agent">
        <rect x="80" y="28" width="140" height="176" rx="16" />
      </clipPath>
      <rect x="84" y="36" width="140" height="176" rx="16" fill="#000" opacity=".18" />
      <g clipPath="url(#hero-agent)">
        <rect x="80" y="28" width="140" height="176" fill="#c9dde2" />
        <path d="M80 28h52v176H80z" fill="#b3ccd3" />
        <path d="M176 28h26v120h-26z" fill="#eef6f7" opacity=".8" />
        <path d="M80 132c38-16 98-16 140 0v72H80z" fill="#93b3bc" />
        <path d="M94 206c2-36 26-48 56-48s54 12 56 48z" fill="#27456f" />
        <path d="M137 158l13 20 13-20-4-8h-18z" fill="#f4f7fb" />
        <path d="M150 178l-5 26h10z" fill="#16294a" />
        <path d="M138 132h24v24c-6 8-18 8-24 0z" fill="#7a4a2e" />
        <ellipse cx="150" cy="112" rx="27" ry="33" fill="#91583a" />
        <path
          d="M122 108c-4-34 10-44 28-44s32 10 28 44c-2-14-8-20-10-24-12 6-26 6-36 0-4 6-8 12-10 24z"
          fill="#231712"
        />
        <g fill="#20140e">
          <circle cx="140" cy="112" r="2.600" />
          <circle cx="160" cy="112" r="2.600" />
        </g>
        <path
          d="M142 129c5 4 11 4 16 0"
          fill="none"
          stroke="#4f2a1a"
          strokeWidth="2.400"
          strokeLinecap="round"
        />
        <path
          d="M121 112c-2-30 10-46 29-46s31 16 29 46"
          fill="none"
          stroke="#1d2733"
          strokeWidth="4.500"
        />
        <rect x="115" y="106" width="11" height="20" rx="5" fill="#1d2733" />
        <rect x="174" y="106" width="11" height="20" rx="5" fill="#1d2733" />
        <path d="M180 126c0 12-10 14-20 14" fill="none" stroke="#1d2733" strokeWidth="2.600" />
        <circle cx="159" cy="140" r="3.600" fill="#1d2733" />
      </g>
    </g>
  );
}

function Customer() {
  return (
    <g>
      <clipPath id="hero-customer">
        <rect x="199" y="125" width="78" height="90" rx="13" />
      </clipPath>
      <rect x="196" y="122" width="84" height="96" rx="16" fill="var(--brand)" />
      <g clipPath="url(#hero-customer)">
        <rect x="199" y="125" width="78" height="90" fill="#efe2d0" />
        <rect x="199" y="125" width="24" height="62" fill="#fbf3e6" />
        <path d="M262 150c10 0 16 18 14 42h-22c-2-26 0-42 8-42z" fill="#7e9b6f" opacity=".8" />
        <path d="M220 166c0-20 8-28 19-28s19 8 19 28v24h-38z" fill="#4a2f24" />
        <path d="M212 216c1-18 12-26 27-26s26 8 27 26z" fill="#7aa07f" />
        <path d="M232 182h14v12c-4 4-10 4-14 0z" fill="#d9a184" />
        <ellipse cx="239" cy="166" rx="14.500" ry="18" fill="#ecbb9d" />
        <path
          d="M224 164c0-16 6-22 15-22s15 6 15 20c-8-2-16-6-19-11-2 6-6 10-11 13z"
          fill="#4a2f24"
        />
        <g fill="#3a251c">
          <circle cx="233.500" cy="167" r="1.600" />
          <circle cx="244.500" cy="167" r="1.600" />
        </g>
        <path
          d="M234.500 175.500c3 2.400 6 2.400 9 0"
          fill="none"
          stroke="#b3664f"
          strokeWidth="1.600"
          strokeLinecap="round"
        />
      </g>
    </g>
  );
}
